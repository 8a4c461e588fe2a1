// SPDX-License-Identifier: BSD-3-Clause
#include <erlrc/coordinator/execute.hpp>

#include <algorithm>
#include <atomic>
#include <cstdint>
#include <exception>
#include <iterator>
#include <memory>
#include <optional>
#include <set>
#include <string_view>
#include <thread>
#include <utility>
#include <variant>

#include <erlrc/base/error.hpp>
#include <erlrc/dist/names.hpp>
#include <erlrc/node/connect.hpp>
#include <erlrc/node/observe.hpp>
#include <erlrc/node/rehearse.hpp>
#include <erlrc/node/run.hpp>
#include <erlrc/sys/environment.hpp>
#include <erlrc/sys/file.hpp>
#include <erlrc/sys/parallel.hpp>
#include <erlrc/sys/process.hpp>
#include <erlrc/sys/signals.hpp>

#include <erlrc/coordinator/app_cache.hpp>
#include <erlrc/coordinator/commit_record.hpp>
#include <erlrc/coordinator/execute_in_set.hpp>
#include <erlrc/coordinator/refused_before.hpp>

#include "decide.hpp"
#include "running.hpp"

namespace erlrc {
namespace {

/// A plan that is sent with less left is not answered in time, and then it is not known whether it was done.
constexpr milliseconds least_time{50};

/// A node has this long to commit or roll back, even if the time of the call is over: a timeout on one node
/// is what makes the others roll back.
constexpr milliseconds verdict_time{15'000};

/// Calls `body` for each of `visits`, in `threads` (see for_each_parallel). `body` turns exceptions
/// into the outcome of its visit; if even that failed, it is not known what happened to the node.
template <typename Body>
void with_each(const std::vector<Visit*>& visits, Body body, Threads threads = one_thread_each) {
  const auto errors = for_each_parallel(
      visits.size(), [&](std::size_t i) { body(*visits[i]); }, threads);
  for (std::size_t i = 0; i < visits.size(); ++i)
    if (errors[i])
      visits[i]->report.outcome =
          Outcome::broken("reporting an error failed", {"the state of the node is unknown"});
}

template <typename Wanting>
std::vector<Visit*> choose(std::vector<Visit>& visits, Wanting wanting) {
  std::vector<Visit*> chosen;
  for (Visit& visit : visits)
    if (wanting(visit)) chosen.push_back(&visit);
  return chosen;
}

/// Remarks of the plan come first; the runner may repeat them.
void add_remarks(Outcome& outcome, const std::vector<std::string>& planned) {
  const std::set<std::string_view> known(planned.begin(), planned.end());
  std::vector<std::string> remarks = planned;
  for (std::string& remark : outcome.remarks)
    if (!known.contains(remark)) remarks.push_back(std::move(remark));
  outcome.remarks = std::move(remarks);
}

/// A node that we lost while it was at work ends by itself, in one state or in the other; a prepared one
/// is rolled back, since it waits for our verdict.
void run_one(Visit& visit, Commit commit, Deadline until, const LaterConversions& later,
             const std::string& record = {}) {
  Outcome& result = visit.report.outcome;
  if (left_until(until) < least_time) {
    result = Outcome::undecided("no time is left to run the plan");
    return;
  }
  try {
    result = run(*visit.rpc, visit.report.plan, commit, until, record, later);
    add_remarks(result, visit.report.plan.remarks);
  } catch (const std::exception& error) {
    std::string message = message_of(error, "running the plan");
    result = commit == Commit::at_once
                 ? Outcome::broken(std::move(message), {"whether the change was done is not known"})
                 : Outcome::undecided(std::move(message));
  }
}

/// Notes what the next call has to know of this run. Only a run that has suspended processes is worth it; one
/// that has taken most of its time may have failed because the machine was busy.
void remember(const Visit& visit, const Atom& app, milliseconds limit) {
  if (visit.identity.empty()) return;
  const Outcome& outcome = visit.report.outcome;
  std::int64_t microseconds = 0;
  for (const Outcome::StepTime& time : outcome.times)
    microseconds += time.microseconds;
  const bool quick = milliseconds(microseconds / 1000) < limit / 2;
  if (outcome.is_done()) forget_refused(visit.report.node, app);
  if (outcome.is_rolled_back() && outcome.suspended_us > 0 && quick)
    store_refused(visit.report.node, app, visit.identity, outcome.why());
}

/// A node closes a connection on which its ticks are not answered: after 60 s by default, after 1 s at least.
constexpr milliseconds tick_pause{250};

/// Keeps the connection of a prepared node alive until all plans have ended, or the node itself ends its run.
void stay_prepared_while(Visit& visit, Running& running) {
  try {
    for (;;) {
      if (auto ended = stay_prepared(*visit.rpc, visit.report.plan, after(milliseconds{0}))) {
        visit.report.outcome = *std::move(ended);
        return;
      }
      if (running.all_end_within(tick_pause)) return;
    }
  } catch (const std::exception& error) {
    visit.report.outcome = Outcome::undecided(message_of(error, "waiting for the other nodes"));
  }
}

void run_all(const std::vector<Visit*>& visits, const Call& call, Deadline until,
             const CommitRecord& record) {
  const milliseconds limit = left_until(until);
  const Commit commit = visits.size() > 1 ? Commit::on_verdict : Commit::at_once;
  Running running(visits.size());
  const auto caller = std::this_thread::get_id();
  with_each(visits, [&](Visit& visit) {
    struct Ended {
      Running& running;
      ~Ended() { running.one_ended(); }
    };
    {
      const Ended at_end{running};
      run_one(visit, commit, until, call.later, record.file());
      remember(visit, call.request.app, limit);
    }
    // Plans for which there was no thread run in the calling thread one after the other: none waits for the
    // next.
    const bool may_wait = std::this_thread::get_id() != caller;
    if (commit == Commit::on_verdict && may_wait && !visit.failed()) stay_prepared_while(visit, running);
  });
  // The last look at each before the verdict: a node that has left us meanwhile has rolled back.
  if (commit == Commit::on_verdict)
    for (Visit* visit : visits)
      if (!visit->failed()) stay_prepared_while(*visit, running);
}

/// The outcome of a node that could not commit although the others have.
Broken not_committed(const Outcome& ended) {
  std::vector<std::string> left = ended.left();
  left.push_back("the other nodes have changed, this one has not");
  return {ended.why(), std::move(left)};
}

/// Commits or rolls back a prepared node. Without an answer it is unknown whether it did. Whether it
/// answered.
bool conclude_one(Visit& visit, Verdict verdict, const std::string& because, Deadline until) {
  Outcome& outcome = visit.report.outcome;
  try {
    const std::vector<std::string> remarks = outcome.remarks;
    outcome = conclude(*visit.rpc, outcome, verdict, until);
    add_remarks(outcome, remarks);
    if (verdict == Verdict::commit && visit.failed()) {
      outcome.result = not_committed(outcome);
    } else if (outcome.is_rolled_back()) {
      outcome.result = RolledBack{because};
    }
    return true;
  } catch (const std::exception& error) {
    const char* unknown = verdict == Verdict::commit
                              ? "the other nodes have changed; whether this one has is not known"
                              : "whether the change was rolled back is not known";
    outcome.result = Broken{message_of(error, "ending the run"), {unknown}};
    return false;
  }
}

const Visit* first_failed(const std::vector<Visit>& visits) {
  const auto found = std::ranges::find_if(visits, &Visit::failed);
  return found == visits.end() ? nullptr : &*found;
}

/// Why the nodes are to be rolled back; nullopt: they commit, and that is recorded.
std::optional<std::string> decide_to_commit(const std::vector<Visit>& visits, const CommitRecord& record) {
  if (const Visit* failed = first_failed(visits)) return "node " + failed->report.node + " failed";
  try {
    record.write();
    return std::nullopt;
  } catch (const Error& error) {
    return error.what();
  }
}

/// Each node gets time for its verdict, also if there are no threads to send it to all at the same time.
void conclude_all(std::vector<Visit>& visits, const std::vector<Visit*>& ran, const CommitRecord& record,
                  Deadline until) {
  // One verdict must not be sent without the others.
  const EndSignalsBlocked until_all_have_answered;
  const auto roll_back = decide_to_commit(visits, record);
  const Verdict verdict = roll_back ? Verdict::roll_back : Verdict::commit;
  const std::string because = roll_back.value_or("");
  std::vector<Visit*> prepared;
  std::ranges::copy_if(ran, std::back_inserter(prepared),
                       [](const Visit* visit) { return !visit->failed() && !visit->report.left; });
  std::atomic<bool> all_answered = true;
  with_each(prepared, [&](Visit& visit) {
    if (!conclude_one(visit, verdict, because, std::max(until, after(verdict_time)))) all_answered = false;
  });
  if (all_answered) record.forget();
}

/// Gives up the request on nodes where it failed, if these may be left as they are.
void leave_failed(std::vector<Visit>& visits, const ExecuteOptions& options) {
  if (!options.may_leave) return;
  for (Visit& visit : visits) {
    Outcome& outcome = visit.report.outcome;
    const bool waits = outcome.is(Refusal::Reason::busy) && left_until(options.until) > milliseconds{0};
    if (!visit.failed() || outcome.is_broken() || waits || !options.may_leave(visit.report.node)) continue;
    std::vector<std::string> remarks{outcome.why()};
    std::ranges::move(outcome.remarks, std::back_inserter(remarks));
    outcome = Outcome::done(Word::restart_due, std::move(remarks));
    visit.report.plan = {};
    visit.report.left = true;
    visit.to_run = false;
  }
}

/// Second phase: every node has a plan.
void all_or_none(std::vector<Visit>& visits, const Call& call, const ExecuteOptions& options) {
  const Deadline until = options.until;
  const std::vector<Visit*> to_run = choose(visits, [](const Visit& visit) { return visit.to_run; });
  if (const Visit* failed = first_failed(visits)) {
    const std::string because = "nothing was done, because node " + failed->report.node + " failed";
    for (Visit* visit : to_run)
      visit->report.outcome = Outcome::refused({Refusal::Reason::other_node_failed, because});
    return;
  }
  const CommitRecord record;
  run_all(to_run, call, until, record);
  leave_failed(visits, options);
  if (to_run.size() > 1) conclude_all(visits, to_run, record, until);
}

/// A node that may be left must not use up the time that the others need to run their plans, if they wait for
/// it.
ExecuteOptions for_planning(const ExecuteOptions& options, const Site& site) {
  ExecuteOptions planning = options;
  const bool others_wait = !options.each_alone && site.registry.nodes.size() > 1;
  if (options.may_leave && others_wait) planning.until = after(left_until(options.until) / 2);
  return planning;
}

Visit unusable(const BadEntry& bad) {
  return {nullptr, {bad.file, Outcome::undecided(bad.error, true), {}}, nullptr, false};
}

std::vector<Visit> visits_of(const Registry& registry) {
  std::vector<Visit> visits;
  for (const NodeEntry& entry : registry.nodes)
    visits.push_back({&entry, {to_string(entry.name), {}, {}}, nullptr, false});
  for (const BadEntry& bad : registry.bad)
    visits.push_back(unusable(bad));
  std::ranges::stable_sort(visits, {}, [](const Visit& visit) { return visit.report.node; });
  return visits;
}

}  // namespace

Question question_for(const Request& request) {
  Question question;
  std::visit(Overload{[&](const Request::Start&) { question.enough_if_running = request.app; },
                      [&](const Request::Stop& stop) {
                        if (stop.unload) question.code_of = request.app;
                      },
                      [&](const Request::Change& change) {
                        if (change.from.vsn == change.to.vsn) question.code_of = request.app;
                      }},
             request.what);
  return question;
}

Site for_request(Site site, const Request& request) {
  if (!request.nodes) return site;
  std::vector<NodeName> meant;
  for (const std::string& name : *request.nodes)
    meant.push_back(parse_node_name(name));
  std::erase_if(site.registry.nodes, [&](const NodeEntry& entry) {
    return std::ranges::none_of(meant, [&](const NodeName& name) { return may_be_same(name, entry.name); });
  });
  std::erase_if(site.registry.bad, [&](const BadEntry& bad) {
    const std::string alive = bad.file.substr(0, bad.file.find('@'));
    return std::ranges::none_of(meant, [&](const NodeName& name) { return name.alive == alive; });
  });
  return site;
}

std::vector<NodeReport> execute(const Request& request, const Site& site, const ExecuteOptions& options) {
  return execute(request, site, options, {});
}

std::vector<NodeReport> execute(const Request& request, const Site& site, const ExecuteOptions& options,
                                const LaterConversions& later) {
  AppCache cache(request.app);
  const ExecuteOptions planning = for_planning(options, site);
  const KnownPorts ports = ask_for_ports(site.registry.nodes, planning.until);
  const Call call{request, site.desired, ports, cache, cache.files(), planning, later};
  std::vector<Visit> visits = visits_of(site.registry);
  const auto usable = choose(visits, [](const Visit& visit) { return visit.entry != nullptr; });
  if (options.each_alone) {
    with_each(usable, [&](Visit& visit) {
      decide(visit, call);
      if (visit.to_run) run_one(visit, Commit::at_once, options.until, later);
    });
    leave_failed(visits, planning);
  } else {
    // Most calls find nothing to do.
    with_each(
        usable, [&](Visit& visit) { decide(visit, call); }, threads_as_needed);
    leave_failed(visits, planning);
    all_or_none(visits, call, options);
  }

  std::vector<NodeReport> reports;
  for (Visit& visit : visits)
    reports.push_back(std::move(visit.report));
  return reports;
}

}  // namespace erlrc
