// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <string>
#include <vector>

#include "lab.hpp"
#include "pairs.hpp"

// The upgrade and the downgrade of one packaged application in a node of its own.

namespace erlrc::test {

/// The results, as cells of a table.
struct Row {
  std::string changed;      ///< modules: "C of N"
  std::string not_started;  ///< why it could not be started; then the rest is empty
  std::string appup;        ///< shipped, or made and why
  std::string processes;    ///< their number before, after the upgrade, and after the downgrade
  std::string up;
  std::string down;
  std::vector<std::string> wrong;  ///< what is not as the programs report; must be empty
};

class Trial {
public:
  /// The applications of `suite` are in the code path, since the tried one may need them.
  Trial(const Pair& pair, const std::vector<PackagedApp>& suite);

  Row run();

private:
  void start(Row& row);
  std::string change(ToolMain tool, const PackagedApp& after, Row& row);
  void check(const std::string& question, Row& row);
  void compare(bool restart_is_due, Row& row);
  std::string count();

  const Pair& pair_;
  Lab lab_;
};

}  // namespace erlrc::test
