// SPDX-License-Identifier: BSD-3-Clause
#include <utility>

#include "arguments.hpp"

namespace erlrc {

int start_main(std::span<const std::string> args, Streams& streams) {
  const std::string tool = "erlrc-start";
  return guarded_main(tool, streams, [&] {
    CommandLine line(tool, "APP VSN [DIR]", "Start an application on every registered node.");
    std::string app, vsn, directory;
    ActOptions options;
    line.app.add_option("APP", app, "The application")->required();
    line.app.add_option("VSN", vsn, "Its version")->required();
    line.app.add_option("DIR", directory,
                        "Its directory, which contains ebin (default: LIB/APP-VSN of the node)");
    add_act_options(line.app, options);
    if (const auto code = line.parse(args, streams)) return *code;

    const Atom name = check_app(app);
    Version version{check_vsn(vsn)};
    if (line.app.count("DIR") > 0) version.location = check_ebin(directory);
    return act(tool, {name, Request::Start{std::move(version)}}, options, streams);
  });
}

}  // namespace erlrc
