// SPDX-License-Identifier: BSD-3-Clause
#include <erlrc/engine/executor.hpp>

#include <algorithm>
#include <ranges>
#include <thread>
#include <utility>

#include <erlrc/base/error.hpp>
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
  return report.outcome.is_done() && !report.plan.steps.empty();
}

/// A node completes what it was asked for, also when the hook that asked was killed. What the package manager
/// does then must find the end of that, not the middle.
bool is_busy(const std::vector<NodeReport>& reports) {
  return std::ranges::any_of(
      reports, [](const NodeReport& report) { return report.outcome.is(Refusal::Reason::busy); });
}

Site without(Site site, const std::set<std::string>& nodes) {
  std::erase_if(site.registry.nodes,
                [&](const NodeEntry& entry) { return nodes.contains(to_string(entry.name)); });
  std::erase_if(site.registry.bad, [&](const BadEntry& bad) { return nodes.contains(bad.file); });
  return site;
}

}  // namespace

/// Only the file name counts of entries that cannot be used.
Site Executor::site_for(const Request& request) const {
  if (!request.nodes) return site_;
  std::vector<NodeName> meant;
  for (const std::string& name : *request.nodes)
    meant.push_back(parse_node_name(name));
  Site site = site_;
  std::erase_if(site.registry.nodes, [&](const NodeEntry& entry) {
    return std::ranges::none_of(meant, [&](const NodeName& name) { return may_be_same(name, entry.name); });
  });
  std::erase_if(site.registry.bad, [&](const BadEntry& bad) {
    const std::string alive = bad.file.substr(0, bad.file.find('@'));
    return std::ranges::none_of(meant, [&](const NodeName& name) { return name.alive == alive; });
  });
  return site;
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

Executor::AllOrNone Executor::all_or_none(const std::vector<Request>& requests) {
  const Deadline until = after(timeout_);
  const Starts starts = starts_of(requests);
  std::vector<Done> done;
  for (const Request& request : requests) {
    Result result = one(request, site_for(request), until, {.starts = starts});
    if (result.code != 0) return {std::max(result.code, roll_back_done(done)), request};
    done.push_back({request, std::move(result.changed)});
  }
  return {};
}

/// A node that does not answer takes the time of one request, and is not asked for the others.
Executor::Tried Executor::one_by_one(const std::vector<Request>& requests, Options options) {
  Tried tried;
  std::set<std::string> unknown;
  for (const Request& request : requests) {
    Result result = one(request, without(site_for(request), unknown), after(timeout_), options);
    tried.code = std::max(tried.code, result.code);
    tried.all_known = tried.all_known && result.unknown.empty() && !result.busy;
    unknown.merge(result.unknown);
  }
  return tried;
}

Executor::Tried Executor::each(const std::vector<Request>& requests, bool quiet) {
  return one_by_one(requests, {.quiet = quiet, .each_alone = true, .starts = starts_of(requests)});
}

int Executor::roll_back(const std::vector<Request>& requests) {
  return one_by_one(requests, {.leave_stale = false, .each_alone = true}).code;
}

/// Whether it holds for the report of a node, none of which is touched.
template <typename Holds>
bool Executor::would_any(const std::vector<Request>& requests, Holds holds) {
  const ExecuteOptions look{
      .until = after(timeout_), .dry_run = true, .leave_stale = true, .by_package = starts_of(requests)};
  return std::ranges::any_of(requests, [&](const Request& request) {
    return std::ranges::any_of(execute(request, site_for(request), look), holds);
  });
}

bool Executor::would_change(const std::vector<Request>& requests) {
  return would_any(requests, [](const NodeReport& report) { return !report.plan.steps.empty(); });
}

bool Executor::needs_restart(const std::vector<Request>& requests) {
  return would_any(requests, [](const NodeReport& report) { return report.outcome.is(Word::restart_due); });
}

Executor::Result Executor::one(const Request& request, const Site& site, Deadline until, Options options) {
  const ExecuteOptions how{.until = until,
                           .leave_stale = options.leave_stale,
                           .each_alone = options.each_alone,
                           .by_package = options.starts};
  auto reports = execute(request, site, how);
  while (is_busy(reports) && left_until(until) > milliseconds{0}) {
    std::this_thread::sleep_for(milliseconds{100});
    reports = execute(request, site, how);
  }
  Result result{exit_code(reports), {}, {}, is_busy(reports)};
  for (const NodeReport& node : reports) {
    if (has_changed(node)) result.changed.insert(node.node);
    if (node.outcome.is_silent() || node.outcome.is_broken()) result.unknown.insert(node.node);
  }
  if (options.starts) note_stopped(request, reports);
  report(request, std::move(reports), options.quiet ? std::set<std::string>{} : result.changed);
  return result;
}

void Executor::report(const Request& request, std::vector<NodeReport> reports,
                      const std::set<std::string>& changed) {
  std::erase_if(reports, [&](const NodeReport& node) {
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
    const Result result = one(reversed(last.request), only_nodes(site_, last.nodes), after(timeout_),
                              {.leave_stale = false, .each_alone = true});
    worst = std::max(worst, result.code == 0 ? 0 : not_rolled_back);
  }
  return worst;
}

}  // namespace erlrc
