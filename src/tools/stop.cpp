// SPDX-License-Identifier: BSD-3-Clause
#include <utility>

#include "arguments.hpp"

namespace erlrc {

int stop_main(std::span<const std::string> args, Streams& streams) {
  const std::string tool = "erlrc-stop";
  return guarded_main(tool, streams, [&] {
    CommandLine line(tool, "APP VSN [DIR]", "Stop an application on every registered node, and unload it.");
    std::string app, vsn, directory;
    bool no_unload = false;
    ActOptions options;
    line.app.add_option("APP", app, "The application")->required();
    line.app.add_option("VSN", vsn, "Its version")->required();
    line.app.add_option("DIR", directory,
                        "Its directory, which contains ebin (default: LIB/APP-VSN of the node)");
    line.app.add_flag("--no-unload", no_unload, "Leave the application and its modules loaded");
    add_act_options(line.app, options);
    if (const auto code = line.parse(args, streams)) return *code;

    const Atom name = check_app(app);
    Version version{check_vsn(vsn)};
    if (line.app.count("DIR") > 0) version.location = check_ebin(directory);
    return act(tool, {name, Request::Stop{std::move(version), !no_unload}}, options, streams);
  });
}

}  // namespace erlrc
