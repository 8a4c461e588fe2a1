// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <set>
#include <vector>

#include <erlrc/app/app_files.hpp>
#include <erlrc/script/instruction.hpp>

namespace erlrc {

/// The modules whose code differs in the two versions, or that only one of them has, and that no instruction
/// of `script` loads or removes. An emulator that is restarted loads all of them.
std::set<Atom> uncovered_modules(const AppFiles& from, const AppFiles& to,
                                 const std::vector<LowLevel>& script);

}  // namespace erlrc
