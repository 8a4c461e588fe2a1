// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include <erlrc/beam/beam.hpp>
#include <erlrc/plan/step_parts.hpp>

// Steps that stop and start children of supervisors (src/erlang/runner/erlrc_child_steps.erl).

namespace erlrc {

/// Fails, before anything was touched, if a TerminateProcesses would stop processes that could not be started
/// again as they are: children of simple_one_for_one supervisors, temporary ones whose arguments are known to
/// no supervisor.
struct CheckStop {
  static constexpr std::string_view name = "check_stop";
  std::vector<Atom> apps;
  std::vector<Atom> modules;
  std::vector<Term> args() const { return parts::terms(atoms(apps), atoms(modules)); }
  std::string text() const {
    return "check that the processes of " + parts::names(apps) + " that run " + parts::names(modules) +
           " can be stopped and started again";
  }
  bool operator==(const CheckStop&) const = default;
};

struct TerminateProcesses {
  static constexpr std::string_view name = "terminate_processes";
  std::vector<Atom> apps;
  std::vector<Atom> modules;
  std::vector<Term> args() const { return parts::terms(atoms(apps), atoms(modules)); }
  std::string text() const {
    return "stop the processes of " + parts::names(apps) + " that run " + parts::names(modules);
  }
  bool operator==(const TerminateProcesses&) const = default;
};

/// Starts the processes of the modules that a TerminateProcesses has stopped.
struct StartTerminated {
  static constexpr std::string_view name = "start_terminated";
  std::vector<Atom> modules;
  std::vector<Term> args() const { return parts::terms(atoms(modules)); }
  std::string text() const { return "start the stopped processes of " + parts::names(modules); }
  bool operator==(const StartTerminated&) const = default;
};

/// Notes, before anything was touched, which children the supervisors of the modules have, and what init/1 of
/// the old code returns; fails if an init/1 is known to fail when it is called again, or if a supervisor
/// cannot change to what it will return. `asking`: supervisors whose code stays, and whose children may
/// change.
struct NoteChildren {
  static constexpr std::string_view name = "note_children";
  struct Item {
    Atom module;
    bool askable = false;  ///< calling init/1 of either version has no effect
    std::vector<Atom> tables{};
    std::vector<Atom> names{};
    Term term() const { return tuple(module, boolean(askable), atoms(tables), atoms(names)); }
    bool operator==(const Item&) const = default;
  };
  std::vector<Atom> apps;
  std::vector<Item> items;
  std::vector<Atom> asking{};
  std::vector<Term> args() const {
    return parts::terms(atoms(apps), parts::each(items, &Item::term), atoms(asking));
  }
  std::string text() const {
    std::vector<Atom> modules(asking);
    for (const Item& item : items)
      modules.push_back(item.module);
    return "note the children of the supervisors of " + parts::names(modules.empty() ? apps : modules);
  }
  bool operator==(const NoteChildren&) const = default;
};

/// Stops the children of those supervisors that are gone, last born first, and starts those that are new,
/// unless that has happened by now.
struct ChangeChildren {
  static constexpr std::string_view name = "change_children";
  std::vector<Atom> modules;
  std::vector<Term> args() const { return {}; }
  std::string text() const {
    if (modules.empty()) return "stop the children that supervisors no longer have, and start the new ones";
    return "stop the children that the supervisors of " + parts::names(modules) +
           " no longer have, and start the new ones";
  }
  bool operator==(const ChangeChildren&) const = default;
};

/// Remarks which children the supervisors that NoteChildren has noted will stop, start and pass to others, as
/// far as the debug information of the new code shows it. Nothing changes.
struct ForeseeChildren {
  static constexpr std::string_view name = "foresee_children";
  std::vector<Term> args() const { return {}; }
  std::string text() const { return "foresee which children supervisors will stop and start"; }
  bool operator==(const ForeseeChildren&) const = default;
};

/// Remarks which children could not be started again: their supervisors would call one of these functions,
/// which are gone.
struct NameLostStarts {
  static constexpr std::string_view name = "name_lost_starts";
  struct Item {
    Atom module;
    FunctionName function;
    Term term() const { return tuple(module, function.name, std::int64_t{function.arity}); }
    bool operator==(const Item&) const = default;
  };
  std::vector<Item> functions;
  std::vector<Term> args() const { return parts::terms(parts::each(functions, &Item::term)); }
  std::string text() const {
    return "look for children that were started by what is gone of " + parts::modules(functions);
  }
  bool operator==(const NameLostStarts&) const = default;
};

struct ChildSteps {
  static constexpr std::string_view family = "children";
  using Kinds = std::variant<CheckStop, TerminateProcesses, StartTerminated, NoteChildren, ChangeChildren,
                             ForeseeChildren, NameLostStarts>;
};

}  // namespace erlrc
