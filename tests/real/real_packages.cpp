// SPDX-License-Identifier: BSD-3-Clause
#include <cstdio>
#include <exception>
#include <set>

#include <fmt/format.h>

#include "library_trial.hpp"
#include "trial.hpp"

// Upgrades and downgrades the applications of real packages, each in a node of its own, and prints a table of
// the results. Fails if a node is neither in the version that it should be in nor as it was before.
//
//   real_packages [--libraries] [--sample] DIR [APP...]
//
// DIR is where scripts/real-packages has unpacked the packages. --libraries tries applications with shared
// libraries, in all ways in which a package manager replaces those, and prints for each step whether what two
// nodes have in memory is what is on disk.

using namespace erlrc;
using namespace erlrc::test;

namespace {

namespace fs = std::filesystem;

/// The applications that scripts/test tries: some have NIFs, some have processes, some are unchanged; they
/// are small and big.
const std::set<std::string> sample{"p1_utils", "fast_xml", "fast_tls",   "xmpp",      "jose", "luerl",
                                   "p1_mysql", "p1_pgsql", "stringprep", "cache_tab", "stun"};

/// The earlier and the later version of a pair are of these.
constexpr std::pair<const char*, const char*> suites[]{{"bookworm", "bookworm-backports"},
                                                       {"bullseye", "bookworm"}};

const std::set<std::string> library_sample{"fast_xml", "mqtree"};

/// Applications that cannot be replaced, since the node needs them itself or to compile code of the test.
const std::set<std::string> needed_by_nodes{"kernel", "stdlib", "erts", "compiler", "hipe"};

class Table {
public:
  void print_head(const std::string& from, const std::string& to) {
    fmt::print("\n{} to {}\n\n", from, to);
    fmt::print(
        "| application | versions | modules changed | appup | processes | notices | failed | killed | "
        "longest, ms | upgrade | downgrade |\n"
        "|---|---|---|---|---|---|---|---|---|---|---|\n");
  }

  void print(const Pair& pair, const Row& row) {
    for (const std::string& wrong : row.wrong)
      print_wrong(pair, wrong);
    if (!row.not_started.empty()) {
      not_started_ += fmt::format("| {} | {} | {} |\n", pair.from.app, pair.from.vsn, row.not_started);
      return;
    }
    ++done_;
    fmt::print("| {} | {} -> {} | {} | {} | {} | {} | {} | {} | {} | {} | {} |\n", pair.from.app,
               pair.from.vsn, pair.to.vsn, row.changed, row.appup, row.processes, row.notices, row.failed,
               row.killed, row.longest, row.up, row.down);
    std::fflush(stdout);
  }

  void print_wrong(const Pair& pair, const std::string& what) {
    ++failures_;
    fmt::print(stderr, "WRONG: {} {}: {}\n", pair.from.app, pair.from.vsn, what);
  }

  int finish() {
    if (!not_started_.empty())
      fmt::print("\nNot started, so not tried\n\n| application | version | why |\n|---|---|---|\n{}",
                 not_started_);
    fmt::print("\n{} applications tried, {} failures\n", done_, failures_);
    return done_ > 0 && failures_ == 0 ? 0 : 1;
  }

private:
  std::string not_started_;
  int done_ = 0;
  int failures_ = 0;
};

/// Prints the steps of one application. Returns what is wrong.
std::size_t try_libraries(const Pair& pair, const std::vector<PackagedApp>& suite) {
  const LibraryTrialResult result = LibraryTrial(pair, suite).run();
  if (!result.not_started.empty())
    fmt::print("| {} | not started | {} | |\n", pair.from.app, result.not_started);
  for (const LibraryStep& step : result.steps)
    fmt::print("| {} | {} | {} | {} |\n", pair.from.app, step.name, step.outcome, step.compared);
  for (const std::string& wrong : result.wrong)
    fmt::print(stderr, "WRONG: {}: {}\n", pair.from.app, wrong);
  std::fflush(stdout);
  return result.wrong.size();
}

int try_all_libraries(const fs::path& dir, const std::set<std::string>& only, bool is_sample) {
  fmt::print("| application | step | outcome | memory and disk |\n|---|---|---|---|\n");
  std::size_t wrong = 0, done = 0;
  for (const auto& [old_suite, new_suite] : suites) {
    if (!fs::is_directory(dir / old_suite) || (is_sample && std::string(old_suite) != "bookworm")) continue;
    const auto suite = packaged_apps(dir / old_suite);
    for (const Pair& pair : pairs(suite, packaged_apps(dir / new_suite))) {
      if (pair.from.of_otp || (is_sample && !library_sample.contains(pair.from.app))) continue;
      if (!only.empty() && !only.contains(pair.from.app)) continue;
      if (!has_native_code(pair.from) && !has_native_code(pair.to)) continue;
      wrong += try_libraries(pair, suite);
      ++done;
    }
  }
  fmt::print("\n{} applications tried, {} failures\n", done, wrong);
  return done > 0 && wrong == 0 ? 0 : 1;
}

}  // namespace

int main(int argc, char** argv) {
  std::vector<std::string> args(argv + 1, argv + argc);
  const bool is_sample = std::erase(args, "--sample") > 0;
  const bool libraries = std::erase(args, "--libraries") > 0;
  if (args.empty()) {
    fmt::print(stderr, "usage: real_packages [--libraries] [--sample] DIR [APP...]\n");
    return 2;
  }
  const fs::path dir = fs::absolute(args.front());
  const std::set<std::string> only(args.begin() + 1, args.end());
  // Some applications write files to the working directory.
  const TempDir work;
  fs::current_path(work.path());
  if (libraries) return try_all_libraries(dir, only, is_sample);

  Table table;
  for (const auto& [old_suite, new_suite] : suites) {
    if (!fs::is_directory(dir / old_suite) || (is_sample && std::string(old_suite) != "bookworm")) continue;
    table.print_head(old_suite, new_suite);
    const auto suite = packaged_apps(dir / old_suite);
    for (const Pair& pair : pairs(suite, packaged_apps(dir / new_suite))) {
      if (is_sample ? !sample.contains(pair.from.app) : needed_by_nodes.contains(pair.from.app)) continue;
      if (!only.empty() && !only.contains(pair.from.app)) continue;
      try {
        table.print(pair, Trial(pair, suite).run());
      } catch (const std::exception& error) {
        table.print_wrong(pair, error.what());
      }
    }
  }
  return table.finish();
}
