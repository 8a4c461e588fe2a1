// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <set>
#include <string>
#include <vector>

#include "lab.hpp"
#include "load.hpp"
#include "pairs.hpp"

// The upgrade and the downgrade of one packaged application in a node of its own, while it is used
// (real_load.erl).

namespace erlrc::test {

/// The results, as cells of a table.
struct Row {
  std::string changed;      ///< modules: "C of N"
  std::string not_started;  ///< why it could not be started; then the rest is empty
  std::string appup;        ///< shipped, or made and why
  std::string processes;    ///< their number before, after the upgrade, and after the downgrade
  std::string up;
  std::string down;
  std::string failed;              ///< "F of N" requests, in both changes; empty: nothing calls it
  std::string killed;              ///< the number of processes that ended in them
  std::string longest;             ///< the longest request in milliseconds, and the longest before
  std::string notices;             ///< of what is broken, what the load notices
  std::vector<std::string> wrong;  ///< what is not as the programs report; must be empty
};

class Trial {
public:
  /// The applications of `suite` are in the code path, since the tried one may need them.
  Trial(const Pair& pair, const std::vector<PackagedApp>& suite);

  Row run();

private:
  void start(Row& row);
  void change_twice(Row& row);
  std::string change(ToolMain tool, const PackagedApp& after, Row& row);
  void check(const std::string& question, Row& row);
  void count_failures(bool restarts, Row& row);
  void break_application(Row& row);
  void compare(const std::set<std::string>& expected, Row& row);
  std::string count();

  const Pair& pair_;
  Lab lab_;
  Load load_;  ///< of both changes
};

}  // namespace erlrc::test
