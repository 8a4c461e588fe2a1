// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <string>
#include <vector>

#include "lab.hpp"
#include "pairs.hpp"

// All that a package manager does to an application with shared libraries, while two nodes run and use it:
// upgrade, downgrade, the same files again, other libraries with the same modules.

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
  bool start();
  void step(const std::string& name, ToolMain tool, const PackagedApp& from, const PackagedApp& to);
  /// The remarks of the step, in which a restart may be due.
  void check(LibraryStep step, bool restart_due);

  const Pair& pair_;
  Lab lab_;
  PackagedApp from_;  ///< a copy, which is changed
  PackagedApp to_;
  bool restart_due_ = false;  ///< a step has reported it: from then on, libraries may differ
  LibraryTrialResult result_;
};

/// Whether the application has a shared library.
bool has_libraries(const PackagedApp& app);

}  // namespace erlrc::test
