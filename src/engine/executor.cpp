// SPDX-License-Identifier: BSD-3-Clause
#include <erlrc/engine/executor.hpp>

#include <algorithm>
#include <ranges>
#include <thread>
#include <utility>
#include <variant>

#include <erlrc/base/error.hpp>
#include <erlrc/base/text.hpp>
#include <erlrc/coordinator/execute_in_set.hpp>
#include <erlrc/coordinator/refused_before.hpp>
#include <erlrc/engine/run_notes.hpp>
#include <erlrc/engine/set_conversions.hpp>
#include <erlrc/engine/stopped_apps.hpp>
#include <erlrc/report/report.hpp>
#include <erlrc/site/app_dir.hpp>
#include <erlrc/transaction/action.hpp>
#include <erlrc/transaction/requests.hpp>

namespace erlrc {
namespace {

bool lets_start_what_is_needed(const NodeEntry& entry) {
  return entry.start.kind == StartRule::Kind::running;
}

bool has_changed(const NodeReport& report) {
  return report.outcome.is_done() && changes_something(report.plan);
}

/// A node completes what it was asked for, also when the hook that asked was killed. What the package manager
/// does then must find the end of that, not the middle.
bool is_busy(const std::vector<NodeReport>& reports) {
  return std::ranges::any_of(
      reports, [](const NodeReport& report) { return report.outcome.is(Refusal::Reason::busy); });
}

/// The request with the administrator's policy.
Request with_policy(Request request, const Policy& policy) {
  if (auto* change = std::get_if<Request::Change>(&request.what)) change->policy = policy;
  return request;
}

Site without(Site site, const std::set<std::string>& nodes) {
  std::erase_if(site.registry.nodes,
                [&](const NodeEntry& entry) { return nodes.contains(to_string(entry.name)); });
  std::erase_if(site.registry.bad, [&](const BadEntry& bad) { return nodes.contains(bad.file); });
  return site;
}

}  // namespace

/// A node that was left as it is may still stop what it runs.
Site Executor::site_for(const Request& request) const {
  const bool stops = std::holds_alternative<Request::Stop>(request.what);
  Site site = stops ? site_ : without(site_, load_run_notes(left_nodes));
  return for_request(std::move(site), request);
}

/// What packages may start, where an entry limits that. The new versions are on disk, or staged.
Executor::Starts Executor::starts_of(const std::vector<Request>& requests) const {
  if (std::ranges::none_of(site_.registry.nodes, lets_start_what_is_needed))
    return [](const std::string&) { return PackageStarts{}; };
  NewNeeds needs;
  for (const Request& request : requests) {
    const Version* version = version_after(request);
    if (version == nullptr || !version->location) continue;
    try {
      needs[request.app] = load_spec(version->location->read_from, request.app).applications;
    } catch (const Error&) {  // its own plan reports it
      continue;
    }
  }
  return [needs, stopped = load_stopped_apps()](const std::string& node) {
    PackageStarts starts{needs, {}};
    for (const auto& [name, app] : stopped)
      if (name == node) starts.ran.insert(app);
    return starts;
  };
}

void Executor::note_stopped(const Request& request, const std::vector<NodeReport>& reports) const {
  if (std::ranges::none_of(site_.registry.nodes, lets_start_what_is_needed)) return;
  const StoppedApps before = load_stopped_apps();
  StoppedApps now = before;
  for (const NodeReport& report : reports) {
    const auto entry = std::ranges::find(site_.registry.nodes, report.node,
                                         [](const NodeEntry& one) { return to_string(one.name); });
    if (entry == site_.registry.nodes.end() || !lets_start_what_is_needed(*entry) || !has_changed(report))
      continue;
    const auto& steps = report.plan.steps;
    const bool stopped = std::ranges::find(steps, Step{StopApp{request.app}}) != steps.end();
    if (version_after(request) != nullptr)
      now.erase({report.node, request.app});
    else if (stopped)
      now.emplace(report.node, request.app);
  }
  if (now != before) store_stopped_apps(now);
}

Executor::AllOrNone Executor::all_or_none(const std::vector<Request>& requests, const Owner& owner) {
  const Deadline until = after(settings_.timeout);
  const Starts starts = starts_of(requests);
  std::vector<Done> done;
  if (const Request* failed = refused_before(requests, owner)) return {1, *failed};
  const std::vector<LaterConversions> later = later_conversions(requests);
  for (std::size_t i = 0; i < requests.size(); ++i) {
    const Request& request = requests[i];
    const std::string package = owner(request);
    Result result =
        one(request, site_for(request), until, {.package = package, .starts = starts, .later = later[i]});
    if (result.code == 0) result.code = leave(result.left, package, done);
    if (result.code != 0) return {std::max(result.code, roll_back_done(done)), request};
    done.push_back({request, std::move(result.changed)});
  }
  return {};
}

/// One of several requests may be known to fail: then those before it need not be tried. Such a node is left
/// as it is, or, if it may not be, the result is the request that it refuses.
const Request* Executor::refused_before(const std::vector<Request>& requests, const Owner& owner) {
  if (requests.size() < 2) return nullptr;
  for (const Request& request : requests) {
    const Site site = site_for(request);
    const bool known = std::ranges::any_of(site.registry.nodes, [&](const NodeEntry& entry) {
      return load_refused(to_string(entry.name), request.app).has_value();
    });
    if (!known) continue;
    auto reports = execute(with_policy(request, settings_.policy), site,
                           {.until = after(settings_.timeout),
                            .dry_run = true,
                            .leave_stale = true,
                            .remembers = true,
                            .retries = settings_.retry});
    std::erase_if(reports,
                  [](const NodeReport& one) { return !one.outcome.is(Refusal::Reason::refused_before); });
    if (reports.empty()) continue;
    const std::string package = owner(request);
    report(request, reports, {});
    advise(package, reports);
    std::vector<Done> none;
    for (const NodeReport& one : reports) {
      if (settings_.on_refusal_of(one.node, package) == OnRefusal::refuse) return &request;
      leave({one.node}, package, none);
    }
  }
  return nullptr;
}

/// What the administrator can do about an upgrade that is refused again and again.
void Executor::advise(const std::string& package, const std::vector<NodeReport>& reports) {
  const bool again = std::ranges::any_of(
      reports, [](const NodeReport& node) { return node.outcome.is(Refusal::Reason::refused_before); });
  if (!again) return;
  streams_.err += "erlrc-hook: " + package + ": " + facts_.advice(package) + "\n";
}

/// These nodes keep the old version of all packages of the requests: what was done there is rolled back.
int Executor::leave(const std::set<std::string>& nodes, const std::string& package, std::vector<Done>& done) {
  int worst = 0;
  for (const std::string& node : nodes) {
    std::vector<Done> there;
    for (Done& one : done)
      if (one.nodes.erase(node) > 0) there.push_back({one.request, {node}});
    worst = std::max(worst, roll_back_done(there));
    add_run_note(left_nodes, node);
    const bool restart =
        facts_.restarts_services() && settings_.on_refusal_of(node, package) == OnRefusal::restart;
    if (restart) add_run_note(nodes_to_restart, node);
    streams_.err += "erlrc-hook: " + package + ": node " + one_line(node) +
                    (restart ? " will be restarted" : " keeps running the old code until its restart") +
                    "; see on_refusal in erlrc.conf(5)\n";
  }
  return worst;
}

/// A node that does not answer takes the time of one request, and is not asked for the others.
Executor::Tried Executor::one_by_one(const std::vector<Request>& requests, Options options) {
  Tried tried;
  std::set<std::string> unknown;
  for (const Request& request : requests) {
    Result result = one(request, without(site_for(request), unknown), after(settings_.timeout), options);
    tried.code = std::max(tried.code, result.code);
    tried.all_known = tried.all_known && result.unknown.empty() && !result.busy;
    unknown.merge(result.unknown);
  }
  return tried;
}

Executor::Tried Executor::each(const std::vector<Request>& requests, bool quiet) {
  return one_by_one(requests, {.quiet = quiet, .each_alone = true, .starts = starts_of(requests)});
}

Executor::Tried Executor::roll_back(const std::vector<Request>& requests) {
  return one_by_one(requests, {.leave_stale = false, .each_alone = true});
}

/// Whether it holds for the report of a node, none of which is touched.
template <typename Holds>
bool Executor::would_any(const std::vector<Request>& requests, Holds holds) {
  const ExecuteOptions look{.until = after(settings_.timeout),
                            .dry_run = true,
                            .leave_stale = true,
                            .by_package = starts_of(requests)};
  return std::ranges::any_of(requests, [&](const Request& request) {
    return std::ranges::any_of(execute(with_policy(request, settings_.policy), site_for(request), look),
                               holds);
  });
}

bool Executor::would_change(const std::vector<Request>& requests) {
  return would_any(requests, [](const NodeReport& report) { return changes_something(report.plan); });
}

bool Executor::needs_restart(const std::vector<Request>& requests) {
  return would_any(requests, [](const NodeReport& report) { return report.outcome.is(Word::restart_due); });
}

bool Executor::needs_backup(const std::vector<Request>& requests) {
  return would_any(requests, [](const NodeReport& report) {
    return !report.outcome.is_done() || report.outcome.is(Word::restart_due);
  });
}

Executor::Result Executor::one(const Request& request, const Site& site, Deadline until, Options options) {
  ExecuteOptions how{.until = until,
                     .leave_stale = options.leave_stale,
                     .each_alone = options.each_alone,
                     .by_package = options.starts,
                     .is_of_another = [&](const Atom& app, const std::string& vsn) {
                       return facts_.is_of_another(app, vsn);
                     }};
  how.remembers = !options.package.empty();
  how.retries = settings_.retry;
  if (!options.package.empty())
    how.may_leave = [&](const std::string& node) {
      return settings_.on_refusal_of(node, options.package) != OnRefusal::refuse;
    };
  const Request with = with_policy(request, settings_.policy);
  auto reports = execute(with, site, how, options.later);
  while (is_busy(reports) && left_until(until) > milliseconds{0}) {
    std::this_thread::sleep_for(milliseconds{100});
    reports = execute(with, site, how, options.later);
  }
  Result result{exit_code(reports), {}, {}, {}, is_busy(reports)};
  for (const NodeReport& node : reports) {
    if (node.left) result.left.insert(node.node);
    if (has_changed(node)) result.changed.insert(node.node);
    if (node.outcome.is_silent() || node.outcome.is_broken()) result.unknown.insert(node.node);
  }
  if (options.starts) note_stopped(request, reports);
  report(request, reports, options.quiet ? std::set<std::string>{} : result.changed);
  advise(options.package, reports);
  return result;
}

void Executor::report(const Request& request, std::vector<NodeReport> reports,
                      const std::set<std::string>& changed) {
  for (const NodeReport& node : reports) {
    if (!node.renamed.empty() && is_new_line(node.renamed))
      streams_.err += "erlrc-hook: warning: " + one_line(node.renamed) + "\n";
    if (!node.outcome.is(Word::other_system)) continue;
    const std::string line = "node " + one_line(node.node) + " is skipped, as it belongs to another system";
    if (is_new_line(line))
      streams_.err += "erlrc-hook: " + line + ": " + one_line(node.outcome.remarks.front()) + "\n";
  }
  std::erase_if(reports, [&](const NodeReport& node) {
    // Its code may come from another directory from now on, or a restart is due for a program at a port.
    if (node.outcome.is(Word::already_running)) return node.outcome.remarks.empty();
    return node.outcome.is_done() && !changed.contains(node.node) && !node.outcome.is(Word::restart_due);
  });
  ReportText text = render_text({"erlrc-" + to_string(action_of(request)), request}, reports, false);
  streams_.out += text.out;
  streams_.err += text.err;
}

/// The time of the call may be what ran out, so each of these gets it anew.
int Executor::roll_back_done(const std::vector<Done>& done) {
  int worst = 0;
  for (const Done& last : std::views::reverse(done)) {
    const Result result = one(reversed(last.request), only_nodes(site_, last.nodes), after(settings_.timeout),
                              {.leave_stale = false, .each_alone = true});
    worst = std::max(worst, result.code == 0 ? 0 : not_rolled_back);
  }
  return worst;
}

}  // namespace erlrc
