// SPDX-License-Identifier: BSD-3-Clause
#include <erlrc/node/run.hpp>

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include <erlrc/base/error.hpp>
#include <erlrc/erlang/program.hpp>
#include <erlrc/sys/deadline.hpp>
#include <erlrc/term/match.hpp>
#include <erlrc/term/text.hpp>

// The messages of the runner (src/erlang/runner):
//   {done | prepared, Times, Pause, Remarks}
//   {failed, StepIndex, Why, Touched, Left, Times, Pause, Remarks}
//   {busy, Why}
// Pause is {SuspendedUs, Attempts}, Times is [{StepIndex, Microseconds}], texts are UTF-8 binaries.

namespace erlrc {
namespace {

/// The node stops a plan that takes longer than this part of our own time, so that its rollback is done and
/// reported before we give up.
constexpr auto plan_share = [](milliseconds left) { return left - std::min(left / 4, milliseconds{10000}); };

[[noreturn]] void unexpected(const Term& message) {
  throw ProtocolError("unexpected answer of the runner: " + print_term(message).substr(0, 200));
}

std::vector<std::string> texts(const Term& term) {
  std::vector<std::string> made;
  if (const auto* rows = as_list(term))
    for (const Term& row : *rows)
      made.push_back(as_text(row).value_or(print_term(row)));
  return made;
}

std::vector<Outcome::StepTime> times(const Term& term) {
  std::vector<Outcome::StepTime> made;
  const auto* rows = as_list(term);
  for (const Term& row : rows != nullptr ? *rows : std::vector<Term>{}) {
    const auto* pair = as_tuple(row, 2);
    if (pair == nullptr) continue;
    made.push_back(
        {static_cast<std::size_t>(as_integer((*pair)[0]).value_or(0)), as_integer((*pair)[1]).value_or(0)});
  }
  return made;
}

/// SuspendedUs, or {SuspendedUs, Attempts}.
void read_pause(const Term& term, Outcome& outcome) {
  const auto* both = as_tuple(term, 2);
  outcome.suspended_us = as_integer(both != nullptr ? both->front() : term).value_or(0);
  outcome.attempts = both != nullptr ? as_integer(both->back()).value_or(0) : 1;
}

Outcome done(const std::vector<Term>& message, const Plan& plan) {
  Outcome outcome = Outcome::done(plan.word);
  outcome.times = times(message[1]);
  read_pause(message[2], outcome);
  outcome.remarks = plan.remarks;
  std::ranges::move(texts(message[3]), std::back_inserter(outcome.remarks));
  return outcome;
}

Outcome failed(const std::vector<Term>& message, const Plan& plan) {
  std::string why = as_text(message[2]).value_or(print_term(message[2]));
  const bool touched = is_atom(message[3], "true");
  std::vector<std::string> left = texts(message[4]);
  Outcome outcome = !left.empty() ? Outcome::broken(std::move(why), std::move(left))
                    : touched     ? Outcome::rolled_back(std::move(why))
                                  : Outcome::refused({Refusal::Reason::check_failed, std::move(why)});
  outcome.times = times(message[5]);
  read_pause(message[6], outcome);
  outcome.remarks = plan.remarks;
  std::ranges::move(texts(message[7]), std::back_inserter(outcome.remarks));
  return outcome;
}

Outcome busy(const Term& why, const Plan& plan) {
  Outcome outcome = Outcome::refused({Refusal::Reason::busy, as_text(why).value_or(print_term(why))});
  outcome.remarks = plan.remarks;
  return outcome;
}

Outcome read(const Term& message, const Plan& plan) {
  if (const auto* end = as_tagged(message, "done", 4)) return done(*end, plan);
  if (const auto* prepared = as_tagged(message, "prepared", 4)) return done(*prepared, plan);
  if (const auto* end = as_tagged(message, "failed", 8)) return failed(*end, plan);
  if (const auto* other = as_tagged(message, "busy", 2)) return busy((*other)[1], plan);
  unexpected(message);
}

Term steps_of(const Plan& plan) {
  std::vector<Term> steps;
  steps.reserve(plan.steps.size());
  for (const Step& step : plan.steps)
    steps.push_back(to_term(step));
  return list(std::move(steps));
}

/// What a plan that changes code needs of the runner is loaded in less time than it is interpreted, by a
/// forecast, too, for the time that it takes; a start or a stop needs less of it.
Program runner_for(const Plan& plan) {
  const bool changes_code = std::ranges::any_of(
      plan.steps, [](const Step& step) { return std::holds_alternative<BackUpCode>(step); });
  return changes_code ? runner_program() : interpreted(runner_program());
}

/// Other nodes may be awaited until our time is over.
constexpr milliseconds verdict_comes_within{5000};

Map argument(const Plan& plan, Commit commit, const std::string& commit_record, milliseconds left) {
  return Map{{{Atom{"steps"}, steps_of(plan)},
              {Atom{"limit"}, std::int64_t{plan_share(left).count()}},
              {Atom{"verdict"}, std::int64_t{(left + verdict_comes_within).count()}},
              {Atom{"prepare"}, boolean(commit == Commit::on_verdict)},
              {Atom{"commit_record"}, binary(commit_record)}}};
}

}  // namespace

Outcome run(Rpc& rpc, const Plan& plan, Commit commit, Deadline until, const std::string& commit_record,
            const LaterConversions& later) {
  Map message = argument(plan, commit, commit_record, left_until(until));
  if (later != LaterConversions{})
    message.pairs.emplace_back(Atom{"later"}, tuple(atoms(later.modules), atoms(later.apps)));
  rpc.start(runner_for(plan), std::move(message));
  return read(rpc.receive(until), plan);
}

Outcome look(Rpc& rpc, const Plan& looking, const Plan& whole, Deadline until) {
  Map message = argument(looking, Commit::at_once, {}, left_until(until));
  message.pairs.emplace_back(Atom{"whole"}, steps_of(whole));
  rpc.start(runner_for(whole), std::move(message));
  return read(rpc.receive(until), looking);
}

Outcome explain(Rpc& rpc, const Plan& plan, Deadline until) {
  Outcome outcome = look(rpc, explanation(plan), plan, until);
  outcome.times.clear();  // of other steps
  return outcome;
}

std::optional<Outcome> stay_prepared(Rpc& rpc, const Plan& plan, Deadline until) {
  try {
    return read(rpc.receive(until), plan);
  } catch (const TimedOut&) {
    return std::nullopt;
  }
}

Outcome conclude(Rpc& rpc, const Outcome& prepared, Verdict verdict, Deadline until) {
  rpc.send(Atom{verdict == Verdict::commit ? "commit" : "roll_back"});
  const Term message = rpc.receive(until);
  // A commit may bring new remarks; and a node that waited too long for us was rolled back, whatever the
  // verdict is.
  Plan plan;
  plan.word = std::get<Done>(prepared.result).word;
  plan.remarks = prepared.remarks;
  return read(message, plan);
}

}  // namespace erlrc
