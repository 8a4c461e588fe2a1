// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <vector>

#include <erlrc/app/app_files.hpp>
#include <erlrc/script/instruction.hpp>

// What the files show about the states of processes: which of them the code that a script loads cannot have,
// and whether something may convert them.

namespace erlrc {

struct StateChange {
  Atom module;
  Unfit unfit;
  bool updated = false;    ///< the script has its processes call code_change
  bool passes_on = false;  ///< and that returns each state as it is
  bool may_convert() const { return updated && !passes_on; }
  bool operator==(const StateChange&) const = default;
};

/// Lists the modules that the script loads and whose states change, in its order.
std::vector<StateChange> state_changes(const AppFiles& from, const AppFiles& to,
                                       const std::vector<LowLevel>& script);

}  // namespace erlrc
