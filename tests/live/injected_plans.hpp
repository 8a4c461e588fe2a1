// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "injection.hpp"

// The plans into which failures are injected: one of every kind.

namespace erlrc::test {

/// A node and a request, which make a plan.
struct Scenario {
  std::string name;
  std::function<Request(Lab&)> set_up;  ///< prepares the node for the plan
  bool restarts = false;                ///< its rollback restarts processes, which then have other pids
};

std::vector<Scenario> scenarios();

}  // namespace erlrc::test
