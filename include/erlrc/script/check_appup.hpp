// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <string>
#include <vector>

#include <erlrc/app/app_files.hpp>

namespace erlrc {

/// Lists the problems in the .appup of `later` for upgrades from `vsn` and downgrades to it: a direction
/// without an entry, an invalid instruction. Returns an empty list without problems or without an .appup.
std::vector<std::string> check_appup(const AppFiles& later, const std::string& vsn);

/// The same with the files of the earlier version: then the instructions are translated, too, and each module
/// whose code differs must have one.
std::vector<std::string> check_appup(const AppFiles& later, const AppFiles& earlier);

}  // namespace erlrc
