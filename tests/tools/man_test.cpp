// SPDX-License-Identifier: BSD-3-Clause
#include "catch.hpp"

#include <regex>
#include <set>

#include <erlrc/sys/file.hpp>

#include "host.hpp"
#include "paths.hpp"

using namespace erlrc;
using namespace erlrc::test;

namespace {

std::set<std::string> options_in(const std::string& text) {
  static const std::regex option("--[a-z][a-z-]*");
  std::set<std::string> found;
  for (std::sregex_iterator at(text.begin(), text.end(), option), end; at != end; ++at)
    found.insert(at->str());
  return found;
}

/// The source of a manual page with `\-` as displayed.
std::string page(const std::string& name) {
  const std::string source = read_file(in_build("man/" + name + ".8"));
  return std::regex_replace(source, std::regex(R"(\\-)"), "-");
}

}  // namespace

TEST_CASE("exactly the options of a program are in its help and in its manual page") {
  const Host host;
  const auto [program, name] = GENERATE(table<ToolMain, std::string>({
      {start_main, "erlrc-start"},
      {stop_main, "erlrc-stop"},
      {sync_main, "erlrc-sync"},
      {upgrade_main, "erlrc-upgrade"},
      {downgrade_main, "erlrc-downgrade"},
      {eval_main, "erlrc-eval"},
      {makeappup_main, "erlrc-makeappup"},
      {appinfo_main, "erlrc-appinfo"},
      {hook_main, "erlrc-hook"},
      {boot_main, "erlrc-boot"},
      {node_main, "erlrc-node"},
      {make_boot_script_main, "erlrc-make-boot-script"},
  }));
  CAPTURE(name);
  const auto options = options_in(host.run(program, {"--help"}).out);
  CHECK(options.contains("--help"));
  CHECK(options == options_in(page(name)));
}

TEST_CASE("the programs that change nodes have all common options") {
  const Host host;
  for (const ToolMain program : {start_main, stop_main, upgrade_main, downgrade_main}) {
    auto options = options_in(host.run(program, {"--help"}).out);
    for (const char* own : {"--no-unload", "--purge", "--stranded", "--records", "--pause", "--children",
                            "--rehearse", "--explain", "--engine"})
      options.erase(own);
    CHECK(options == std::set<std::string>{"--dry-run", "--help", "--json", "--node", "--timeout",
                                           "--verbose", "--version"});
  }
}

TEST_CASE("a manual page lists all words that its program prints") {
  const auto [name, words] = GENERATE(table<std::string, std::vector<std::string>>({
      {"erlrc-start",
       {"started", "already_running", "included", "started_included_stopped", "node_down", "other_system"}},
      {"erlrc-stop",
       {"unloaded", "stopped", "stopped_included_started", "not_running", "node_down", "other_system"}},
      {"erlrc-upgrade",
       {"upgraded", "already_running", "node_down", "refused", "needs_restart", "rolled_back", "broken"}},
      {"erlrc-downgrade",
       {"downgraded", "already_running", "node_down", "refused", "needs_restart", "rolled_back", "broken"}},
  }));
  const std::string text = page(name);
  for (const std::string& word : words) {
    CAPTURE(name, word);
    CHECK(text.find(word) != std::string::npos);
  }
}
