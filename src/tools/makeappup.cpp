// SPDX-License-Identifier: BSD-3-Clause
#include <erlrc/app/extend_appup.hpp>
#include <erlrc/app/make_appup.hpp>
#include <erlrc/base/error.hpp>
#include <erlrc/site/app_dir.hpp>
#include <erlrc/sys/file.hpp>
#include <erlrc/term/text.hpp>

#include "arguments.hpp"
#include <erlrc/script/check_appup.hpp>

namespace erlrc {
namespace {

struct Options {
  bool check = false;
  bool compatible = false;
  bool verbose = false;
  std::string extend;  ///< a file; empty: nothing is extended
};

std::string told(const MadeScript& script, const std::string& direction) {
  std::string text;
  for (const AppupRemark& remark : script.remarks)
    text += "erlrc-makeappup: " + direction + ": " + remark.module.name + " " + describe(remark.kind) + "\n";
  return text;
}

/// What --verbose says of one direction.
std::string told(const AppFiles& earlier, const AppFiles& later, Direction direction,
                 const std::optional<Appup>& shipped, const Options& options) {
  const bool up = direction == Direction::up;
  const std::string name = up ? "up" : "down";
  std::string text;
  if (shipped) {
    const AppupEntry* entry = find_entry(*shipped, direction, earlier.spec.vsn);
    text = "erlrc-makeappup: " + name + ": ";
    if (entry != nullptr)
      return text + "the entry for " + print_term(to_term(entry->vsn)) + " of " + options.extend +
             " is for " + earlier.spec.vsn + "\n";
    text += "an entry for " + earlier.spec.vsn + " is added\n";
  }
  if (options.compatible) return text;
  return text +
         told(up ? make_script(earlier, later, direction) : make_script(later, earlier, direction), name);
}

/// Makes the appup, or adds what is made to a shipped one.
int make(const AppFiles& earlier, const AppFiles& later, const Options& options, Streams& streams) {
  const Appup made = options.compatible ? make_appup_compatible(earlier, later) : make_appup(earlier, later);
  std::optional<Appup> shipped;
  if (options.extend.empty()) {
    streams.out += render_appup(made);
  } else {
    const std::string text = read_file(options.extend);
    streams.out += extend_appup(text, options.extend, made);
    shipped = parse_appup(text, options.extend, made.vsn);
  }
  if (options.verbose)
    for (const Direction direction : {Direction::up, Direction::down})
      streams.err += told(earlier, later, direction, shipped, options);
  return 0;
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

void add_options(CLI::App& app, Options& options) {
  auto* check =
      app.add_flag("--check", options.check,
                   "Check the .appup that the later version ships instead; EARLIERDIR may be left out");
  app.add_flag("--compatible", options.compatible, "Make it exactly as the erlrc of 2008 did: every module");
  app.add_option("--extend", options.extend,
                 "Print this .appup file with entries for EARLIERVSN where it has none")
      ->type_name("FILE")
      ->excludes(check);
  app.add_flag("--verbose", options.verbose, "Print remarks about the modules to standard error");
}

}  // namespace

int makeappup_main(std::span<const std::string> args, Streams& streams) {
  const std::string tool = "erlrc-makeappup";
  return guarded_main(tool, streams, [&] {
    CommandLine line(tool, "APP EARLIERVSN LATERVSN EARLIERDIR LATERDIR",
                     "Print the appup that takes an application from one version to another and back.");
    std::string app, earlier_vsn, later_vsn, earlier_dir, later_dir;
    Options options;
    line.app.add_option("APP", app, "The application")->required();
    line.app.add_option("EARLIERVSN", earlier_vsn, "The version to come from")->required();
    line.app.add_option("LATERVSN", later_vsn, "The version to which the appup belongs")->required();
    line.app.add_option("EARLIERDIR", earlier_dir, "Directory of the earlier version, which holds ebin")
        ->required();
    line.app.add_option("LATERDIR", later_dir, "Directory of the later version, which holds ebin");
    add_options(line.app, options);
    if (const auto code = line.parse(args, streams)) return *code;

    const Atom name = check_app(app);
    check_vsn(earlier_vsn);
    if (later_dir.empty()) {
      if (!options.check) throw UsageError("LATERDIR is required; only --check can do without EARLIERDIR");
      const AppFiles later = load_app_files(check_ebin(earlier_dir), name, check_vsn(later_vsn));
      return tell_check(later, check_appup(later, earlier_vsn), earlier_vsn, streams);
    }
    const AppFiles earlier = load_app_files(check_ebin(earlier_dir), name, earlier_vsn);
    const AppFiles later = load_app_files(check_ebin(later_dir), name, check_vsn(later_vsn));
    if (options.check) return tell_check(later, check_appup(later, earlier), earlier_vsn, streams);
    return make(earlier, later, options, streams);
  });
}

}  // namespace erlrc
