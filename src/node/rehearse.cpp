// SPDX-License-Identifier: BSD-3-Clause
#include <erlrc/node/rehearse.hpp>

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <iterator>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include <erlrc/base/error.hpp>
#include <erlrc/erlang/program.hpp>
#include <erlrc/node/run.hpp>
#include <erlrc/term/match.hpp>
#include <erlrc/term/text.hpp>

// The message of the program (src/erlang/runner/erlrc_rehearse.erl): {rehearsed, [{Module, Process, Result,
// Why}]} or {failed, Why}.

namespace erlrc {
namespace {

/// What of a plan the conversions need.
struct Conversions {
  std::vector<Atom> apps;
  Direction mode = Direction::up;
  std::vector<Term> items;
  std::vector<Atom> askable;
  BackUpCode backed_up;
  ReadCode read;
  std::vector<Term> unfit;   ///< what the states of the new code cannot be
  std::vector<Term> awaits;  ///< where processes wait that are not of the module
  std::vector<Atom> stopped_apps;
  std::vector<Atom> stopped_modules;  ///< their processes are stopped
};

Conversions conversions_of(const Plan& plan) {
  Conversions found;
  for (const Step& step : plan.steps) {
    if (const auto* back_up = std::get_if<BackUpCode>(&step)) found.backed_up = *back_up;
    if (const auto* read = std::get_if<ReadCode>(&step)) found.read = *read;
    if (const auto* suspend = std::get_if<SuspendProcesses>(&step)) found.apps = suspend->apps;
    if (const auto* stranded = std::get_if<CheckStranded>(&step))
      std::ranges::transform(stranded->awaits, std::back_inserter(found.awaits),
                             &CheckStranded::Awaits::term);
    if (const auto* states = std::get_if<CheckStates>(&step)) {
      if (states->policy.records == Policy::Records::report) continue;
      for (const CheckStates::Item& item : states->items)
        found.unfit.push_back(item.term());
    }
    if (const auto* stop = std::get_if<StopApp>(&step)) found.stopped_apps.push_back(stop->app);
    if (const auto* stop = std::get_if<TerminateProcesses>(&step))
      std::ranges::copy(stop->modules, std::back_inserter(found.stopped_modules));
    if (const auto* supervisors = std::get_if<NoteChildren>(&step))
      for (const NoteChildren::Item& item : supervisors->items)
        if (item.askable) found.askable.push_back(item.module);
    if (const auto* convert = std::get_if<ConvertProcesses>(&step)) {
      found.mode = convert->mode;
      for (const ConvertProcesses::Item& item : convert->items)
        found.items.push_back(tuple(item.module, item.extra, item.down_vsn));
    }
  }
  return found;
}

Term argument(Conversions found, milliseconds limit) {
  std::vector<Term> converted;
  for (const Term& row : found.items)
    converted.push_back(as_tuple(row)->front());
  return Map{{{Atom{"apps"}, atoms(found.apps)},
              {Atom{"mode"}, Atom{found.mode == Direction::up ? "up" : "down"}},
              {Atom{"items"}, list(std::move(found.items))},
              {Atom{"askable"}, atoms(found.askable)},
              {Atom{"from"}, string(found.backed_up.ebin)},
              {Atom{"to"}, string(found.read.location.read_from)},
              {Atom{"backed_up"}, atoms(found.backed_up.modules)},
              {Atom{"read"}, atoms(found.read.modules)},
              {Atom{"unfit"}, list(std::move(found.unfit))},
              {Atom{"awaits"}, list(std::move(found.awaits))},
              {Atom{"converted"}, list(std::move(converted))},
              {Atom{"stopped"}, tuple(atoms(found.stopped_apps), atoms(found.stopped_modules))},
              {Atom{"limit"}, std::int64_t{limit.count()}}}};
}

[[noreturn]] void unexpected(const Term& message) {
  throw ProtocolError("unexpected answer of the rehearsal: " + print_term(message).substr(0, 200));
}

Rehearsed row(const Term& term) {
  const auto* parts = as_tuple(term, 4);
  const Atom* module = parts != nullptr ? as_atom((*parts)[0]) : nullptr;
  const Atom* result = parts != nullptr ? as_atom((*parts)[2]) : nullptr;
  if (module == nullptr || result == nullptr) unexpected(term);
  return {*module, as_text((*parts)[1]).value_or(""),
          result->name == "works"   ? Rehearsed::Result::works
          : result->name == "fails" ? Rehearsed::Result::fails
                                    : Rehearsed::Result::cannot,
          as_text((*parts)[3]).value_or("")};
}

Outcome refused(std::string why) {
  return Outcome::refused({Refusal::Reason::rehearsal_failed, std::move(why)});
}

Outcome outcome_of(std::vector<Rehearsed> rows) {
  const auto failed = std::ranges::count(rows, Rehearsed::Result::fails, &Rehearsed::result);
  Outcome outcome = Outcome::done(Word::rehearsed);
  if (failed > 0)
    outcome = refused("conversions that fail in the rehearsal: " + std::to_string(failed) + " of " +
                      std::to_string(rows.size()));
  outcome.rehearsal = std::move(rows);
  return outcome;
}

Outcome rehearse_conversions(Rpc& rpc, const Plan& plan, Deadline until) {
  Conversions found = conversions_of(plan);
  if (found.items.empty() && found.unfit.empty()) return outcome_of({});
  rpc.start(rehearse_program(), argument(std::move(found), left_until(until) * 3 / 4));
  const Term message = rpc.receive(until);
  if (const auto* failed = as_tagged(message, "failed", 2))
    return refused(as_text((*failed)[1]).value_or(print_term((*failed)[1])));
  const auto* answer = as_tagged(message, "rehearsed", 2);
  const auto* rows = answer != nullptr ? as_list((*answer)[1]) : nullptr;
  if (rows == nullptr) unexpected(message);
  std::vector<Rehearsed> read;
  std::ranges::transform(*rows, std::back_inserter(read), row);
  return outcome_of(std::move(read));
}

}  // namespace

Outcome rehearse(Rpc& rpc, const Plan& plan, Deadline until) {
  Outcome outcome = rehearse_conversions(rpc, plan, until);
  outcome.remarks = plan.remarks;
  if (!outcome.is_done()) return outcome;
  Plan checks = explanation(plan);
  std::erase_if(checks.steps, [](const Step& step) {
    return std::holds_alternative<ForeseeChildren>(step) || std::holds_alternative<ExplainModules>(step);
  });
  Outcome checked = look(rpc, checks, plan, until);
  checked.times.clear();  // of other steps
  if (checked.is_done()) checked.result = outcome.result;
  checked.rehearsal = std::move(outcome.rehearsal);
  return checked;
}

}  // namespace erlrc
