// SPDX-License-Identifier: BSD-3-Clause
#include "decide.hpp"

#include <exception>
#include <optional>
#include <string>
#include <thread>
#include <utility>
#include <variant>
#include <vector>

#include <erlrc/base/error.hpp>
#include <erlrc/node/connect.hpp>
#include <erlrc/node/observe.hpp>
#include <erlrc/node/rehearse.hpp>
#include <erlrc/node/run.hpp>
#include <erlrc/node/same_files.hpp>

#include <erlrc/coordinator/moved_modules.hpp>
#include <erlrc/coordinator/refused_before.hpp>
#include <erlrc/coordinator/replaced_erlang.hpp>

namespace erlrc {
namespace {

/// A version that was given without its directory is where the node's own applications lie.
Request with_directories(Request request, const NodeState& node, AppCache& cache) {
  for (Version* version : {version_before(request), version_after(request)})
    if (version != nullptr && !version->location) {
      const std::string ebin = node.lib_dir + "/" + request.app.name + "-" + version->vsn + "/ebin";
      cache.distrust(ebin);
      version->location = ebin;
    }
  return request;
}

/// The files of the version that runs are gone, so it cannot be upgraded.
std::string still_running(const NodeState& node, const Atom& app) {
  return "still running " + app.name + " " + loaded_vsn(node, app).value_or("?");
}

/// Whether the node runs the version of another package, which also has the application.
bool runs_that_of_another(const Request& request, const NodeState& node, const Call& call) {
  const auto vsn = loaded_vsn(node, request.app);
  return call.options.is_of_another && vsn && call.options.is_of_another(request.app, *vsn);
}

Outcome restart_due(std::string why) {
  return Outcome::done(Word::restart_due, {std::move(why)});
}

/// A removal stops whatever version is running.
Request as_it_runs(Request request, const NodeState& node) {
  const auto loaded = loaded_vsn(node, request.app);
  auto* stop = std::get_if<Request::Stop>(&request.what);
  if (stop != nullptr && loaded && *loaded != stop->version.vsn) stop->version = {*loaded, {}};
  return request;
}

/// Waits until the boot script has started all applications: what is started before its turn keeps the start
/// type that we give it. Waits also for another run, which may still be rolled back: what it has changed need
/// not stay. False if that is not over in time.
bool await_rest(Rpc& rpc, NodeState& node, const Call& call) {
  constexpr milliseconds pause{50};
  while (node.booting || !node.runner.empty()) {
    const bool late = left_until(call.options.until) <= pause;
    if (late && node.booting) throw Error("is still booting");
    if (late) return false;
    std::this_thread::sleep_for(pause);
    node = observe(rpc, question_for(call.request), call.options.until);
  }
  return true;
}

bool is_at_rest(const NodeState& node) {
  return !node.booting && node.runner.empty();
}

/// Makes the plan of a node, or sets the outcome that it has without one.
void plan_on(Visit& visit, NodeState& node, const Call& call) {
  if (!await_rest(*visit.rpc, node, call)) {
    visit.report.outcome = Outcome::refused(
        {Refusal::Reason::busy, "another run of erlrc (" + node.runner + ") is at work on this node"});
    return;
  }
  const bool leave = call.options.leave_stale;
  const Request request = leave ? as_it_runs(call.request, node) : call.request;
  const auto& starts = call.options.by_package;
  if (starts && would_start(request, node) &&
      !may_start(request.app, visit.entry->start, node, starts(visit.report.node))) {
    visit.report.outcome = Outcome::done(Word::not_running);
    return;
  }
  const Request located = with_directories(request, node, call.cache);
  const FilesWithMoved with_moved(*visit.rpc, located, node, call.files, call.options.until);
  Decision decision = plan(located, node, with_moved.files(), call.desired);
  const auto replaced = changes_something(decision) ? replaced_erlang(*visit.entry, node) : std::nullopt;
  if (replaced) decision = Refusal{Refusal::Reason::erlang_replaced, *replaced};
  if (const auto* refusal = std::get_if<Refusal>(&decision)) {
    if (leave && !replaced && refusal->is_stale() && runs_that_of_another(request, node, call)) {
      visit.report.outcome = Outcome::done(Word::already_running);
      return;
    }
    visit.report.outcome = leave && refusal->is_stale()
                               ? restart_due(replaced ? *replaced : still_running(node, request.app))
                               : Outcome::refused(*refusal);
    return;
  }
  visit.report.plan = std::get<Plan>(std::move(decision));
  visit.report.outcome = Outcome::done(visit.report.plan.word, visit.report.plan.remarks);
}

/// An upgrade that the node has tried before, and that would end as before, is refused.
void recall(Visit& visit, const Call& call) {
  const auto* change = std::get_if<Request::Change>(&call.request.what);
  if (!call.options.remembers || change == nullptr || visit.report.plan.steps.empty()) return;
  visit.identity = identity_of(call.request.app, *change, call.files, *visit.entry);
  const auto before = load_refused(visit.report.node, call.request.app);
  if (call.options.retries || !before || before->identity != visit.identity) return;
  visit.report.plan = {};
  visit.report.outcome = Outcome::refused({Refusal::Reason::refused_before, refused_again(*before)});
}

void set_other_system(Visit& visit, const std::string& why) {
  visit.report.plan = {};
  visit.report.outcome = Outcome::done(Word::other_system, {why});
}

/// Which files the node saw before we knew its directories: most requests name theirs.
struct Seen {
  std::vector<std::string> places;
  std::optional<Term> answer;
  std::vector<std::string> foreign{};  ///< those of all places that it does not see as we do
};

/// A node of another system is not upgraded with our files. Whether it is one and was skipped.
bool skip_other_system(Visit& visit, const NodeState& node, Seen& seen, const Call& call) {
  const auto places = places_of(with_directories(call.request, node, call.cache));
  seen.foreign = seen.answer && seen.places == places ? foreign_files(places, *seen.answer)
                                                      : foreign_files(*visit.rpc, places, call.options.until);
  const bool other = is_of_other_system(places, seen.foreign);
  if (other) set_other_system(visit, other_system(seen.foreign));
  return other;
}

/// A node of this system that does not see all files would lose its old ones.
void refuse_unseen(Visit& visit, const Seen& seen) {
  visit.report.plan = {};
  visit.report.outcome = Outcome::refused({Refusal::Reason::check_failed, unseen(seen.foreign)});
}

/// Planning changes nothing, so it can come first: most calls find that there is nothing to do.
void decide_on(Visit& visit, const Call& call) {
  Question question = question_for(call.request);
  question.files = places_of(call.request);
  auto [rpc, node, answer] = connect_and_observe(*visit.entry, question, call.options.until, call.ports);
  Seen seen{std::move(question.files), std::move(answer)};
  visit.rpc = std::move(rpc);
  if (!visit.rpc) {
    visit.report.outcome = Outcome::done(Word::node_down);
    return;
  }
  visit.report.renamed = answers_as(*visit.entry, visit.rpc->node()).value_or("");
  const bool waits = !is_at_rest(node);
  if (waits && skip_other_system(visit, node, seen, call)) return;
  try {
    plan_on(visit, node, call);
  } catch (const TimedOut&) {
    throw;
  } catch (const Error&) {
    if (waits || !skip_other_system(visit, node, seen, call)) throw;
    return;
  }
  const bool to_do = !visit.report.plan.steps.empty();
  const bool is_as_asked = visit.report.outcome.is_done() && !visit.report.outcome.is(Word::restart_due);
  if (is_as_asked && !to_do) return;
  if (!waits && skip_other_system(visit, node, seen, call)) return;
  if (to_do && !seen.foreign.empty()) return refuse_unseen(visit, seen);
  if (to_do && call.options.rehearse)
    visit.report.outcome = rehearse(*visit.rpc, visit.report.plan, call.options.until);
  if (to_do && call.options.explain)
    visit.report.outcome = explain(*visit.rpc, visit.report.plan, call.options.until);
  recall(visit, call);
  visit.to_run = visit.report.outcome.is_done() && to_do && !call.options.dry_run && !call.options.rehearse;
}

}  // namespace

void decide(Visit& visit, const Call& call) {
  try {
    decide_on(visit, call);
  } catch (const OtherSystem& other) {
    set_other_system(visit, other.what());
  } catch (const NameTaken& taken) {
    visit.report.outcome = Outcome::done(Word::node_down, {taken.what()});
  } catch (const std::exception& error) {
    // Without its files, a node may not even be able to answer.
    const auto why = call.options.leave_stale ? replaced_emulator(*visit.entry) : std::nullopt;
    visit.report.outcome =
        why ? restart_due(*why) : Outcome::undecided(message_of(error, "planning"), !visit.rpc);
  }
}

}  // namespace erlrc
