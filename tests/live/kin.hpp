// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <string>
#include <vector>

#include "lab.hpp"

// The application kin, which has one process of each kind, for the tests of rollbacks.

namespace erlrc::test {

/// The kinds of its processes.
extern const std::vector<std::string> kinds;

/// An appup of version 2.0.0. Each process has its own instruction, so that those before it have already been
/// resumed.
extern const std::string one_by_one;

/// Adds versions 1.0.0 and 2.0.0, the second with that appup, and starts one of them.
void start_kin(Lab& lab, const std::string& appup, const std::string& running = "1.0.0");

/// Has a callback of an application fail, see lab:on/2.
void fails(Lab& lab, const std::string& callback, const std::string& how);

/// The condition of the node, but for what `start_kin` has set at run time.
std::string kin_condition(Lab& lab);

/// The node is as before, and nothing blocks the next attempt.
void check_rolled_back(Lab& lab, const std::string& diff = "lab:diff().");

}  // namespace erlrc::test
