// SPDX-License-Identifier: BSD-3-Clause
#include <erlrc/app/make_appup.hpp>
#include <erlrc/base/error.hpp>
#include <erlrc/site/app_dir.hpp>

#include "arguments.hpp"

namespace erlrc {
namespace {

std::string told(const MadeScript& script, const std::string& direction) {
  std::string text;
  for (const AppupRemark& remark : script.remarks)
    text += "erlrc-makeappup: " + direction + ": " + remark.module.name + " " + describe(remark.kind) + "\n";
  return text;
}

}  // namespace

int makeappup_main(std::span<const std::string> args, Streams& streams) {
  const std::string tool = "erlrc-makeappup";
  return guarded_main(tool, streams, [&] {
    CommandLine line(tool, "APP EARLIERVSN LATERVSN EARLIERDIR LATERDIR",
                     "Print the appup that takes an application from one version to another and back.");
    std::string app, earlier_vsn, later_vsn, earlier_dir, later_dir;
    bool compatible = false;
    bool verbose = false;
    line.app.add_option("APP", app, "The application")->required();
    line.app.add_option("EARLIERVSN", earlier_vsn, "The version to come from")->required();
    line.app.add_option("LATERVSN", later_vsn, "The version to which the appup belongs")->required();
    line.app.add_option("EARLIERDIR", earlier_dir, "Directory of the earlier version, which holds ebin")
        ->required();
    line.app.add_option("LATERDIR", later_dir, "Directory of the later version, which holds ebin")
        ->required();
    line.app.add_flag("--compatible", compatible, "Make it exactly as the erlrc of 2008 did: every module");
    line.app.add_flag("--verbose", verbose, "Print remarks about the modules to standard error");
    if (const auto code = line.parse(args, streams)) return *code;

    const Atom name = check_app(app);
    const AppFiles earlier = load_app_files(check_ebin(earlier_dir), name, check_vsn(earlier_vsn));
    const AppFiles later = load_app_files(check_ebin(later_dir), name, check_vsn(later_vsn));
    streams.out +=
        render_appup(compatible ? make_appup_compatible(earlier, later) : make_appup(earlier, later));
    if (verbose && !compatible)
      streams.err += told(make_script(earlier, later, Direction::up), "up") +
                     told(make_script(later, earlier, Direction::down), "down");
    return 0;
  });
}

}  // namespace erlrc
