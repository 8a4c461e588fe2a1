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

/// Lists the modules that the script loads and whose states change, in its order; then those whose processes
/// may have such states, to call one of these modules with them.
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

/// The modules of a conversion that may change what a process has next to its state: they call put/2,
/// process_flag/2, link/1 or the like, in one of the versions.
std::vector<Atom> changing_process_data(const AppFiles& from, const AppFiles& to, const CodeChange& change);

/// The modules of state machines that the script loads and whose callback_mode/0 gains or loses state_enter.
/// Their processes ask for it in a code_change only, so not those whose processes call one.
std::vector<Atom> changed_modes(const AppFiles& from, const AppFiles& to,
                                const std::vector<LowLevel>& script);

/// A function that calls others of its module by full name which the new version of the module does not have.
struct LostCalls {
  Atom module;
  FunctionName function;
  std::vector<FunctionName> called;
  bool operator==(const LostCalls&) const = default;
};

/// Lists those of these modules; all of their self-calls if `to` does not have the module.
std::vector<LostCalls> lost_calls(const AppFiles& from, const AppFiles& to, const std::vector<Atom>& modules);

/// What these modules export in `from` and not in `to`. Funs of these names may be kept anywhere.
std::vector<LostCallbacks> lost_exports(const AppFiles& from, const AppFiles& to,
                                        const std::vector<Atom>& modules);

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
