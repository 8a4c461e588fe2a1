// SPDX-License-Identifier: BSD-3-Clause
#include <erlrc/app/make_appup.hpp>
#include <erlrc/base/error.hpp>
#include <erlrc/site/app_dir.hpp>

#include "arguments.hpp"
#include "check_appup.hpp"

namespace erlrc {
namespace {

std::string told(const MadeScript& script, const std::string& direction) {
  std::string text;
  for (const AppupRemark& remark : script.remarks)
    text += "erlrc-makeappup: " + direction + ": " + remark.module.name + " " + describe(remark.kind) + "\n";
  return text;
}

/// Tells whether the shipped appup of the later version is complete; the exit code.
int tell_check(const AppFiles& later, const std::vector<std::string>& problems,
               const std::string& earlier_vsn, Streams& streams) {
  for (const std::string& problem : problems)
    streams.err += "erlrc-makeappup: " + problem + "\n";
  if (!problems.empty()) return 1;
  const std::string name = later.spec.name.name;
  streams.out += later.appup
                     ? name + ".appup leads from " + earlier_vsn + " to " + later.spec.vsn + " and back\n"
                     : name + " ships no .appup: one is made when it is upgraded\n";
  return 0;
}

}  // namespace

int makeappup_main(std::span<const std::string> args, Streams& streams) {
  const std::string tool = "erlrc-makeappup";
  return guarded_main(tool, streams, [&] {
    CommandLine line(tool, "APP EARLIERVSN LATERVSN EARLIERDIR LATERDIR",
                     "Print the appup that takes an application from one version to another and back.");
    std::string app, earlier_vsn, later_vsn, earlier_dir, later_dir;
    bool check = false;
    bool compatible = false;
    bool verbose = false;
    line.app.add_option("APP", app, "The application")->required();
    line.app.add_option("EARLIERVSN", earlier_vsn, "The version to come from")->required();
    line.app.add_option("LATERVSN", later_vsn, "The version to which the appup belongs")->required();
    line.app.add_option("EARLIERDIR", earlier_dir, "Directory of the earlier version, which holds ebin")
        ->required();
    line.app.add_option("LATERDIR", later_dir, "Directory of the later version, which holds ebin");
    line.app.add_flag("--check", check,
                      "Check the .appup that the later version ships instead; EARLIERDIR may be left out");
    line.app.add_flag("--compatible", compatible, "Make it exactly as the erlrc of 2008 did: every module");
    line.app.add_flag("--verbose", verbose, "Print remarks about the modules to standard error");
    if (const auto code = line.parse(args, streams)) return *code;

    const Atom name = check_app(app);
    check_vsn(earlier_vsn);
    if (later_dir.empty()) {
      if (!check) throw UsageError("LATERDIR is required; only --check can do without EARLIERDIR");
      const AppFiles later = load_app_files(check_ebin(earlier_dir), name, check_vsn(later_vsn));
      return tell_check(later, check_appup(later, earlier_vsn), earlier_vsn, streams);
    }
    const AppFiles earlier = load_app_files(check_ebin(earlier_dir), name, earlier_vsn);
    const AppFiles later = load_app_files(check_ebin(later_dir), name, check_vsn(later_vsn));
    if (check) return tell_check(later, check_appup(later, earlier), earlier_vsn, streams);
    streams.out +=
        render_appup(compatible ? make_appup_compatible(earlier, later) : make_appup(earlier, later));
    if (verbose && !compatible)
      streams.err += told(make_script(earlier, later, Direction::up), "up") +
                     told(make_script(later, earlier, Direction::down), "down");
    return 0;
  });
}

}  // namespace erlrc
