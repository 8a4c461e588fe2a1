// SPDX-License-Identifier: BSD-3-Clause
#include <erlrc/engine/hook_performance.hpp>

#include <algorithm>
#include <ranges>
#include <thread>
#include <utility>

#include <erlrc/report/report.hpp>
#include <erlrc/transaction/dpkg.hpp>

namespace erlrc {
namespace {

bool has_changed(const NodeReport& report) {
  return report.outcome.is_done() && !report.plan.steps.empty();
}

/// A node does what it was told to the end, also when the hook that told it was killed. What dpkg does then
/// must find the end of that, not the middle.
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

/// Of entries that cannot be used only the file's name counts.
Site HookPerformance::site_for(const Request& request) const {
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

int HookPerformance::all_or_none(const std::vector<Request>& requests) {
  const Deadline until = after(timeout_);
  done_.clear();
  for (const Request& request : requests) {
    Result result = one(request, site_for(request), until, {});
    if (result.code != 0) return std::max(result.code, take_back());
    done_.push_back({request, std::move(result.changed)});
  }
  return 0;
}

/// A node that does not answer takes the time of one request, and is not asked for the others.
HookPerformance::Tried HookPerformance::one_by_one(const std::vector<Request>& requests, Manner manner) {
  Tried tried;
  std::set<std::string> unknown;
  for (const Request& request : requests) {
    Result result = one(request, without(site_for(request), unknown), after(timeout_), manner);
    tried.code = std::max(tried.code, result.code);
    tried.all_known = tried.all_known && result.unknown.empty() && !result.busy;
    unknown.merge(result.unknown);
  }
  return tried;
}

HookPerformance::Tried HookPerformance::each(const std::vector<Request>& requests, bool quiet) {
  return one_by_one(requests, {.quiet = quiet, .each_alone = true});
}

int HookPerformance::back(const std::vector<Request>& requests) {
  return one_by_one(requests, {.leave_stale = false, .each_alone = true}).code;
}

/// Whether a node would say so, if it were asked; none is touched.
template <typename Says>
bool HookPerformance::would_any(const std::vector<Request>& requests, Says says) {
  const ExecuteOptions look{.until = after(timeout_), .dry_run = true, .leave_stale = true};
  return std::ranges::any_of(requests, [&](const Request& request) {
    return std::ranges::any_of(execute(request, site_for(request), look), says);
  });
}

bool HookPerformance::would_change(const std::vector<Request>& requests) {
  return would_any(requests, [](const NodeReport& report) { return !report.plan.steps.empty(); });
}

bool HookPerformance::is_behind(const std::vector<Request>& requests) {
  return would_any(requests, [](const NodeReport& report) { return report.outcome.is(Word::restart_due); });
}

HookPerformance::Result HookPerformance::one(const Request& request, const Site& site, Deadline until,
                                             Manner manner) {
  const ExecuteOptions options{
      .until = until, .leave_stale = manner.leave_stale, .each_alone = manner.each_alone};
  auto reports = execute(request, site, options);
  while (is_busy(reports) && left_until(until) > milliseconds{0}) {
    std::this_thread::sleep_for(milliseconds{100});
    reports = execute(request, site, options);
  }
  Result result{exit_code(reports), {}, {}, is_busy(reports)};
  for (const NodeReport& report : reports) {
    if (has_changed(report)) result.changed.insert(report.node);
    if (report.outcome.is_silent() || report.outcome.is_broken()) result.unknown.insert(report.node);
  }
  tell(request, std::move(reports), manner.quiet ? std::set<std::string>{} : result.changed);
  return result;
}

void HookPerformance::tell(const Request& request, std::vector<NodeReport> reports,
                           const std::set<std::string>& changed) {
  std::erase_if(reports, [&](const NodeReport& report) {
    return report.outcome.is_done() && !changed.contains(report.node) &&
           !report.outcome.is(Word::restart_due);
  });
  ReportText text = render_text({"erlrc-" + to_string(request.action), request}, reports, false);
  streams_.out += text.out;
  streams_.err += text.err;
}

/// The time of the call may be what ran out, so each of these gets it anew.
int HookPerformance::take_back() {
  int worst = 0;
  const std::vector<Done> done = std::exchange(done_, {});
  for (const Done& last : std::views::reverse(done)) {
    const Result result = one(reversed(last.request), only_nodes(site_, last.nodes), after(timeout_),
                              {.leave_stale = false, .each_alone = true});
    worst = std::max(worst, result.code == 0 ? 0 : 3);
  }
  return worst;
}

}  // namespace erlrc
