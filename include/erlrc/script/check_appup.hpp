// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <string>
#include <vector>

#include <erlrc/app/app_files.hpp>

namespace erlrc {

/// Lists the modules in the directory of `later` that its .app does not list, and the problems in its .appup,
/// if there is one, for upgrades from `vsn` and downgrades to it: a direction without an entry, an invalid
/// instruction.
std::vector<std::string> check_appup(const AppFiles& later, const std::string& vsn);

/// The same with the files of the earlier version: then the instructions are translated, too, each module
/// whose code differs must have one, and states that the other version cannot have must be converted; the
/// latter without an .appup, too, by the one that would be made.
std::vector<std::string> check_appup(const AppFiles& later, const AppFiles& earlier);

/// What the same instructions do with each module: "zoo.appup: from 1.0.0: zoo_srv: changed: loaded, ..". An
/// upgrade or downgrade without valid instructions has no lines.
std::vector<std::string> explain_appup(const AppFiles& later, const AppFiles& earlier);

}  // namespace erlrc
