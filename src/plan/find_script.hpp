// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <string>
#include <vector>

#include "script_steps.hpp"

namespace erlrc {

/// The script of an upgrade or a downgrade: that of the later version's appup, or one that is made.
Script find_script(const AppFiles& from, const AppFiles& to, Direction direction, Policy::Engine engine);

/// The first few of these names, and how many more there are.
std::string listed(const std::vector<std::string>& names);

}  // namespace erlrc
