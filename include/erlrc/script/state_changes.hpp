// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <string>
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

/// The modules whose processes the script has call code_change, where that returns each state as it is.
std::vector<Atom> passing_on(const AppFiles& from, const AppFiles& to, const std::vector<LowLevel>& script);

/// A module whose processes call functions that its new code does not have: a gen_server has become a
/// gen_statem, or a plain module.
struct LostCallbacks {
  Atom module;
  std::vector<FunctionName> functions;
  bool operator==(const LostCallbacks&) const = default;
};

/// Lists the modules that the script loads, in its order. Not those whose processes it stops before, nor
/// those after a call of its author, who may have stopped them.
std::vector<LostCallbacks> lost_callbacks(const AppFiles& from, const AppFiles& to,
                                          const std::vector<LowLevel>& script);

/// A function by which children may have been started: its name begins with "start".
struct StartFunction {
  Atom module;
  FunctionName function;
  bool operator==(const StartFunction&) const = default;
};

/// The start functions that `from` exports and `to` does not.
std::vector<StartFunction> lost_starts(const AppFiles& from, const AppFiles& to);

/// "handle_call/3, handle_cast/2"
std::string describe(const std::vector<FunctionName>& functions);

}  // namespace erlrc
