// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include <erlrc/beam/beam.hpp>
#include <erlrc/plan/step_parts.hpp>
#include <erlrc/script/state_changes.hpp>

// Steps that suspend, convert and resume processes, and the check of processes that nothing converts
// (src/erlang/runner/erlrc_process_steps.erl).

namespace erlrc {

/// Names the processes that are inside one of the modules that change, those that wait for messages which one
/// of `handling` is to handle, and those in whose states there are records that change, but for those that
/// run a module of `converted` and can be converted. `policy` decides whether that is a remark or a failure.
/// What is still inside the old code of a module of `killing` at the end will be killed. A process that was
/// started as something else and waits in a function of `awaits` is not one of the module that has it. The
/// code_change of a module of `passing` converts nothing. What is inside a function of `losing` may call what
/// the new code does not have. Processes of a module of `modes` do not ask for its new
/// callback mode. States may have funs of `lost`. Where a script neither converts nor calls
/// anything, rows of tables that are records that change count as well.
struct CheckStranded {
  static constexpr std::string_view name = "check_stranded";
  std::vector<Atom> apps;
  std::vector<Atom> changing;
  std::vector<Atom> converted;
  std::vector<Atom> handling;
  Policy policy{};
  std::vector<Atom> killing = {};
  struct Awaits {
    Atom module;
    std::vector<FunctionName> functions;
    Term term() const { return tuple(module, parts::each(functions, parts::arity)); }
    bool operator==(const Awaits&) const = default;
  };
  std::vector<Awaits> awaits = {};
  std::vector<Atom> passing = {};
  std::vector<LostCalls> losing = {};
  std::vector<Atom> modes = {};
  std::vector<LostCallbacks> lost = {};
  std::vector<Term> args() const {
    const auto exports = [](const LostCallbacks& each) {
      return tuple(each.module, parts::each(each.functions, parts::arity));
    };
    const auto calls = [](const LostCalls& each) {
      return tuple(each.module, parts::arity(each.function), parts::each(each.called, parts::arity));
    };
    const bool report = policy.records == Policy::Records::report;
    const bool otp = policy.engine == Policy::Engine::otp;
    return parts::terms(atoms(apps), atoms(changing), atoms(converted), atoms(handling),
                        Atom{policy.stranded == Policy::Stranded::refuse   ? "refuse"
                             : policy.stranded == Policy::Stranded::report ? "report"
                                                                           : "unreached"},
                        Atom{report ? "report" : "refuse"}, Atom{otp ? "otp" : "erlrc"}, atoms(killing),
                        parts::each(awaits, &Awaits::term), atoms(passing), parts::each(losing, calls),
                        atoms(modes), parts::each(lost, exports));
  }
  std::string text() const {
    return "look for processes of " + parts::names(changing) + " that nothing converts";
  }
  bool operator==(const CheckStranded&) const = default;
};

/// Notes which states the new code of some modules cannot have; the conversions to come may not leave any.
/// Fails, or remarks it as `policy` wants, if there are any now in processes that run a module that is not
/// `converted`.
struct CheckStates {
  static constexpr std::string_view name = "check_states";
  struct Item {
    Atom module;
    Unfit unfit;
    Term term() const {
      std::vector<Term> records;
      for (const UnfitRecord& record : unfit.records) {
        std::vector<Term> expected;
        for (const std::uint32_t size : record.expected)
          expected.push_back(std::int64_t{size});
        records.push_back(tuple(record.tag, std::int64_t{record.size}, list(std::move(expected))));
      }
      const auto map = [](const UnfitMap& each) { return tuple(each.key, atoms(each.known)); };
      const auto state = [](const UnfitState& each) {
        return tuple(each.function, std::int64_t{each.arity}, state_guard(each), atoms(each.keys));
      };
      return tuple(module, list(std::move(records)), atoms(unfit.keys), parts::each(unfit.maps, map),
                   tuple(Atom{unfit.followed ? "followed" : "guessed"}, parts::each(unfit.states, state)));
    }
    bool operator==(const Item&) const = default;
  };
  std::vector<Item> items;
  std::vector<Atom> converted;
  Policy policy{};
  std::vector<Term> args() const {
    return parts::terms(parts::each(items, &Item::term), atoms(converted),
                        Atom{policy.records == Policy::Records::report ? "report" : "refuse"});
  }
  std::string text() const { return "compare states with the new definitions of " + parts::modules(items); }
  bool operator==(const CheckStates&) const = default;
};

/// Remarks, for each module, what the plan does with it, and how many processes run it.
struct ExplainModules {
  static constexpr std::string_view name = "explain_modules";
  struct Item {
    Atom module;
    std::string what;
    Term term() const { return tuple(module, binary(what)); }
    bool operator==(const Item&) const = default;
  };
  std::vector<Atom> apps;
  std::vector<Item> items;
  std::vector<CheckStranded::Awaits> awaits = {};
  std::vector<Term> args() const {
    return parts::terms(atoms(apps), parts::each(items, &Item::term),
                        parts::each(awaits, &CheckStranded::Awaits::term));
  }
  std::string text() const { return "count the processes of " + parts::modules(items); }
  bool operator==(const ExplainModules&) const = default;
};

/// Saves what the processes suspended for some modules have next to their states, which their code_change may
/// change: dictionary, flags, links.
struct SaveProcessData {
  static constexpr std::string_view name = "save_process_data";
  std::vector<Atom> modules;
  std::vector<Term> args() const { return parts::terms(atoms(modules)); }
  std::string text() const { return "save dictionaries and flags of processes of " + parts::names(modules); }
  bool operator==(const SaveProcessData&) const = default;
};

/// code_change in the processes suspended for each module, side by side. `down_vsn`: down, the version to
/// return to, as in the module's vsn attribute; up, undefined: the node knows what runs.
struct ConvertProcesses {
  static constexpr std::string_view name = "convert_processes";
  struct Item {
    Atom module;
    Term extra;
    Term down_vsn{Atom{"undefined"}};
    Term term() const { return tuple(module, extra, down_vsn); }
    bool operator==(const Item&) const = default;
  };
  Direction mode = Direction::up;
  std::vector<Item> items;
  std::vector<Term> args() const {
    return parts::terms(Atom{mode == Direction::up ? "up" : "down"}, parts::each(items, &Item::term));
  }
  std::string text() const { return "convert the states of the processes of " + parts::modules(items); }
  bool operator==(const ConvertProcesses&) const = default;
};

/// Suspends the processes that run the modules, in the supervision trees of `apps` and wherever else in the
/// node, all side by side. If some are busy, the others run on, and it is tried again: none waits longer than
/// `pause_ms` for others. The conversion that comes after that is made ready before any process waits, unless
/// it has no items.
struct SuspendProcesses {
  static constexpr std::string_view name = "suspend_processes";
  std::vector<Atom> apps;
  std::vector<Suspend::Item> items;
  ConvertProcesses next{};
  std::int64_t pause_ms = 500;
  std::vector<Term> args() const {
    const auto term = [](const Suspend::Item& item) { return tuple(item.module, parts::limit(item.limit)); };
    return parts::terms(atoms(apps), parts::each(items, term),
                        next.items.empty() ? Term(Atom{"none"}) : parts::step_term(next), pause_ms);
  }
  std::string text() const {
    return "suspend the processes of " + parts::names(apps) + " that run " + parts::modules(items);
  }
  bool operator==(const SuspendProcesses&) const = default;
};

struct ResumeProcesses {
  static constexpr std::string_view name = "resume_processes";
  std::vector<Atom> modules;
  std::vector<Term> args() const { return parts::terms(atoms(modules)); }
  std::string text() const { return "resume the processes of " + parts::names(modules); }
  bool operator==(const ResumeProcesses&) const = default;
};

struct ProcessSteps {
  static constexpr std::string_view family = "processes";
  using Kinds = std::variant<CheckStranded, CheckStates, ExplainModules, ConvertProcesses, SuspendProcesses,
                             SaveProcessData, ResumeProcesses>;
};

}  // namespace erlrc
