// SPDX-License-Identifier: BSD-3-Clause
#include <fmt/format.h>

#include <vector>

#include <erlrc/app/extend_appup.hpp>
#include <erlrc/app/make_appup.hpp>
#include <erlrc/base/error.hpp>
#include <erlrc/script/check_appup.hpp>
#include <erlrc/site/app_dir.hpp>
#include <erlrc/sys/file.hpp>
#include <erlrc/term/text.hpp>

#include "arguments.hpp"

namespace erlrc {
namespace {

struct Options {
  bool check = false;
  bool compatible = false;
  bool verbose = false;
  std::string extend;  ///< a file; empty: nothing is extended
};

std::string remarks_of(const MadeScript& script, const std::string& direction) {
  std::string text;
  for (const AppupRemark& remark : script.remarks)
    text += fmt::format("erlrc-makeappup: {}: {} {}\n", direction, remark.module.name, describe(remark.kind));
  return text;
}

/// The output of --verbose for one direction.
std::string verbose_text(const AppFiles& earlier, const AppFiles& later, Direction direction,
                         const std::optional<Appup>& shipped, const Options& options) {
  const bool up = direction == Direction::up;
  const std::string name = up ? "up" : "down";
  std::string text;
  if (shipped) {
    const AppupEntry* entry = find_entry(*shipped, direction, earlier.spec.vsn);
    if (entry != nullptr)
      return fmt::format("erlrc-makeappup: {}: the entry for {} of {} is for {}\n", name,
                         print_term(to_term(entry->vsn)), options.extend, earlier.spec.vsn);
    text = fmt::format("erlrc-makeappup: {}: an entry for {} is added\n", name, earlier.spec.vsn);
  }
  if (options.compatible) return text;
  return text +
         remarks_of(up ? make_script(earlier, later, direction) : make_script(later, earlier, direction),
                    name);
}

/// Makes the appup, or adds the made entries to a shipped one.
int make(const AppFiles& earlier, const AppFiles& later, const Options& options, Streams& streams) {
  const Appup made = options.compatible ? make_appup_of_2008(earlier, later) : make_appup(earlier, later);
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
      streams.err += verbose_text(earlier, later, direction, shipped, options);
  return 0;
}

/// Reports whether the shipped appup of the later version is complete. Returns the exit code.
int report_check(const AppFiles& later, const std::vector<std::string>& problems,
                 const std::string& earlier_vsn, Streams& streams) {
  for (const std::string& problem : problems)
    streams.err += "erlrc-makeappup: " + problem + "\n";
  if (!problems.empty()) return 1;
  const std::string name = later.spec.name.name;
  streams.out +=
      later.appup ? fmt::format("{}.appup leads from {} to {} and back\n", name, earlier_vsn, later.spec.vsn)
                  : name + " ships no .appup: one is made when it is upgraded\n";
  return 0;
}

void add_options(CLI::App& app, Options& options) {
  auto* check =
      app.add_flag("--check", options.check,
                   "Check the .appup that the later version ships instead; EARLIERDIR may be left out");
  app.add_flag("--compatible", options.compatible, "Make it exactly like the erlrc of 2008: every module");
  app.add_option("--extend", options.extend, "Print this .appup file, adding missing entries for EARLIERVSN")
      ->type_name("FILE")
      ->excludes(check);
  app.add_flag("--verbose", options.verbose, "Print remarks about the modules to standard error");
}

}  // namespace

int makeappup_main(std::span<const std::string> args, Streams& streams) {
  const std::string tool = "erlrc-makeappup";
  return guarded_main(tool, streams, [&] {
    CommandLine line(tool, "APP EARLIERVSN LATERVSN EARLIERDIR LATERDIR",
                     "Print the appup that upgrades an application between two versions, and downgrades it.");
    std::string app, earlier_vsn, later_vsn, earlier_dir, later_dir;
    Options options;
    line.app.add_option("APP", app, "The application")->required();
    line.app.add_option("EARLIERVSN", earlier_vsn, "The version to upgrade from")->required();
    line.app.add_option("LATERVSN", later_vsn, "The version to upgrade to, which ships the appup")
        ->required();
    line.app.add_option("EARLIERDIR", earlier_dir, "Directory of the earlier version, which contains ebin")
        ->required();
    line.app.add_option("LATERDIR", later_dir, "Directory of the later version, which contains ebin");
    add_options(line.app, options);
    if (const auto code = line.parse(args, streams)) return *code;

    const Atom name = check_app(app);
    check_vsn(earlier_vsn);
    if (later_dir.empty()) {
      if (!options.check) throw UsageError("LATERDIR is required; only --check can do without EARLIERDIR");
      const AppFiles later = load_app_files(check_ebin(earlier_dir), name, check_vsn(later_vsn));
      return report_check(later, check_appup(later, earlier_vsn), earlier_vsn, streams);
    }
    const AppFiles earlier = load_app_files(check_ebin(earlier_dir), name, earlier_vsn);
    const AppFiles later = load_app_files(check_ebin(later_dir), name, check_vsn(later_vsn));
    if (options.check && options.verbose)
      for (const std::string& each : explain_appup(later, earlier))
        streams.err += "erlrc-makeappup: " + each + "\n";
    if (options.check) return report_check(later, check_appup(later, earlier), earlier_vsn, streams);
    return make(earlier, later, options, streams);
  });
}

}  // namespace erlrc
