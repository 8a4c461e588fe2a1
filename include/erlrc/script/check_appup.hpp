// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <string>
#include <vector>

#include <erlrc/app/app_files.hpp>

namespace erlrc {

/// What is wrong with the .appup that `later` ships for upgrades from `vsn` and downgrades to it: a direction
/// without an entry, an instruction that is none. Empty: nothing, or it ships none.
std::vector<std::string> check_appup(const AppFiles& later, const std::string& vsn);

/// The same where also the files of the earlier version are at hand: then the instructions are translated,
/// and each module whose code differs must have one.
std::vector<std::string> check_appup(const AppFiles& later, const AppFiles& earlier);

}  // namespace erlrc
