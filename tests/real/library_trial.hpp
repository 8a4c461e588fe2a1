// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <set>
#include <string>
#include <vector>

#include <nlohmann/json_fwd.hpp>

#include "lab.hpp"
#include "pairs.hpp"
#include "test_package.hpp"

// All that a package manager does to an application with machine code, while two nodes run and use it:
// upgrade, downgrade, the same files again, other machine code with the same modules, removal, installation.
// At each step, only one version is on disk, as dpkg leaves it.

namespace erlrc::test {

/// What a step has done, as cells of a table.
struct LibraryStep {
  std::string name;
  std::string outcome;   ///< of both nodes
  std::string compared;  ///< what `erlrc-node compare` reports after it
};

struct LibraryTrialResult {
  std::string not_started;  ///< why it could not be started; then the rest is empty
  std::vector<LibraryStep> steps;
  std::vector<std::string> wrong;  ///< what is not as the programs report; must be empty
};

class LibraryTrial {
public:
  /// The other applications of `suite` are in the code path, since the tried one may need them.
  LibraryTrial(const Pair& pair, const std::vector<PackagedApp>& suite);

  LibraryTrialResult run();

private:
  void run_steps();
  bool start();
  /// Replaces the installed package by `to`, which may be the same one.
  void change(const std::string& name, const TestPackage& to);
  bool is_later(const TestPackage& other) const;
  /// Packages of a version, and of another one with the same modules, that differ only in machine code.
  void rebuild_all(TestPackage& package, TestPackage& revision);
  void remove();
  void install();
  void start_load();
  void boot_with_alias();
  void ask_all(const std::string& question);
  std::string outcome_of(const nlohmann::json& report, const std::string& name);
  void note_due(const std::string& due, std::string& outcome);
  void check(LibraryStep step);
  std::set<std::string> check_node(std::size_t node, LibraryStep& step);

  const Pair& pair_;
  Lab lab_;
  TestPackage from_;
  TestPackage from_revised_;
  TestPackage to_;
  TestPackage to_revised_;
  const TestPackage* installed_ = &from_;
  bool is_done_ = false;       ///< the last change
  bool is_used_ = false;       ///< callers use the application
  bool driver_due_ = false;    ///< an earlier driver is in use: no port to another one can be opened
  std::set<std::string> due_;  ///< what was reported to differ until a restart, and does
  LibraryTrialResult result_;
};

}  // namespace erlrc::test
