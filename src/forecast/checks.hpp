// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <vector>

#include <erlrc/plan/plan.hpp>
#include <erlrc/plan/step.hpp>

#include "asked_node.hpp"

// The steps of a plan that only check something, which a forecast runs on the node.

namespace erlrc {

/// A forecast does not wait for processes that will be killed if they are still there after a time.
std::vector<Step> checks_of(const Plan& plan);

/// Runs the checks of all rows in one call. If one fails or has a remark, runs those of each row alone, to
/// find the row.
void run_checks(AskedNode& visit, Deadline until);

}  // namespace erlrc
