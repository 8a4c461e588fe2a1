// SPDX-License-Identifier: BSD-3-Clause
#include <erlrc/engine/sync.hpp>

#include <algorithm>
#include <exception>
#include <filesystem>
#include <map>
#include <optional>
#include <set>
#include <variant>

#include <erlrc/base/error.hpp>
#include <erlrc/base/text.hpp>
#include <erlrc/beam/nif_entries.hpp>
#include <erlrc/coordinator/execute.hpp>
#include <erlrc/dist/names.hpp>
#include <erlrc/engine/installed_members.hpp>
#include <erlrc/engine/stopped_apps.hpp>
#include <erlrc/node/connect.hpp>
#include <erlrc/site/app_dir.hpp>
#include <erlrc/sys/file.hpp>
#include <erlrc/sys/parallel.hpp>

namespace erlrc {
namespace {

namespace fs = std::filesystem;
using State = NodeSync::State;

Request again(const PackagedApp& app, const Desired& desired) {
  const Version version{app.vsn, app.location};
  return {app.app, Request::Change{Direction::up, version, version, desired.contains(app.app)}};
}

/// Reaches all nodes, and notes those that cannot be.
void probe(NodeSync& found, const NodeEntry& entry, Deadline until) {
  try {
    const auto rpc = connect(entry, until);
    if (!rpc) {
      found.state = State::down;
    } else if (const auto line = answers_as(entry, rpc->node())) {
      found.lines.push_back(*line);
    }
  } catch (const OtherSystem& other) {
    found = {found.node, State::other_system, {other.what()}};
  } catch (const NameTaken& taken) {
    found = {found.node, State::down, {taken.what()}};
  } catch (const std::exception& error) {
    found = {found.node, State::unknown, {message_of(error, "asking the node")}};
  }
}

template <typename Kind>
bool has(const Plan& plan) {
  return std::ranges::any_of(plan.steps, [](const Step& step) { return std::holds_alternative<Kind>(step); });
}

/// An application that does not run is started by an upgrade to the version that it has.
std::string_view what_is_done(const Plan& plan) {
  return to_string(has<StartApp>(plan) && !has<StopApp>(plan) ? Word::started : plan.word);
}

bool is_among(const std::vector<Atom>& modules, const NifEntry& entry) {
  return std::ranges::find(modules, entry.module, &Atom::name) != modules.end();
}

/// The modules whose NIF libraries differ and cannot take over, if there is nothing else to change: only a
/// restart brings these.
std::set<Atom> waiting_for_restart(const Plan& plan) {
  std::set<Atom> waiting;
  for (const Step& step : plan.steps) {
    const auto* check = std::get_if<CheckLibraries>(&step);
    if (check == nullptr) continue;
    const fs::path priv = priv_of(check->ebin);
    for (const std::string& name : files_below(priv)) {
      if (!name.ends_with(".so")) continue;
      for (const NifEntry& entry : nif_entries(read_file_if_exists(priv / name).value_or("")))
        if (is_among(check->kept, entry) || (!entry.takes_over && is_among(check->again, entry)))
          waiting.insert(Atom{entry.module});
    }
  }
  return std::ranges::includes(waiting, changed_modules(plan)) ? waiting : std::set<Atom>{};
}

void note(NodeSync& found, const NodeReport& report, const Atom& app, bool dry_run) {
  const Outcome& outcome = report.outcome;
  const auto line = [&](const std::string& what) { found.lines.push_back(app.name + ": " + what); };
  if (outcome.is(Word::other_system)) {
    found.state = State::other_system;
    found.lines = outcome.remarks;
  } else if (outcome.is(Word::restart_due)) {
    found.state = State::restart_due;
    line(outcome.remarks.empty() ? "a restart is due" : outcome.remarks.front());
  } else if (!outcome.is_done()) {
    found.state = State::unknown;
    line(outcome.why());
  } else if (const auto waiting = waiting_for_restart(report.plan); !waiting.empty()) {
    found.state = State::restart_due;
    line("NIF libraries that differ, and cannot be replaced while the node runs: " +
         join(std::vector<Atom>(waiting.begin(), waiting.end()), ", ", &Atom::name));
  } else if (changes_something(report.plan)) {
    if (found.state == State::in_sync) found.state = State::changed;
    line((dry_run ? "would be " : "") + std::string(what_is_done(report.plan)));
  }
}

bool is_asked(const NodeSync& node) {
  return node.state == State::in_sync || node.state == State::changed || node.state == State::restart_due;
}

ExecuteOptions options_for(bool dry_run, Deadline until) {
  return {.until = until,
          .dry_run = dry_run,
          .leave_stale = true,
          .each_alone = true,
          .may_leave = [](const std::string&) { return true; },
          .by_package =
              [stopped = load_stopped_apps()](const std::string& node) {
                PackageStarts starts;
                for (const auto& [name, app] : stopped)
                  if (name == node) starts.ran.insert(app);
                return starts;
              }};
}

/// The requests for each application: several, if several packages ship it.
using Choices = std::vector<std::vector<Request>>;

Choices by_application(const std::vector<Request>& requests) {
  Choices choices;
  for (const Request& request : requests) {
    const auto same =
        std::ranges::find(choices, request.app, [](const auto& choice) { return choice.front().app; });
    if (same == choices.end())
      choices.push_back({request});
    else
      same->push_back(request);
  }
  return choices;
}

/// The request whose version is the closest to what the node runs: that one is its own.
const Request& closest(const std::vector<Request>& choice, const Site& site, ExecuteOptions options) {
  options.dry_run = true;
  const Request* best = &choice.front();
  std::optional<State> best_state;
  if (choice.size() == 1) return *best;
  for (const Request& request : choice) {
    NodeSync would;
    const auto reports = execute(request, for_request(site, request), options);
    for (const NodeReport& report : reports)
      note(would, report, request.app, true);
    if (reports.empty() || (best_state && *best_state <= would.state)) continue;
    best = &request;
    best_state = would.state;
  }
  return *best;
}

/// The site has this node only: one that does not answer does not take the time of the others.
void sync_one(NodeSync& found, const Site& site, const Choices& choices, const ExecuteOptions& options) {
  probe(found, site.registry.nodes.front(), options.until);
  for (const auto& choice : choices) {
    if (!is_asked(found)) return;
    const Request& request = closest(choice, site, options);
    for (const NodeReport& report : execute(request, for_request(site, request), options))
      note(found, report, request.app, options.dry_run);
  }
}

}  // namespace

std::vector<Request> sync_requests(const Desired& desired) {
  std::vector<Request> requests;
  for (const ControlMember& member : installed_members()) {
    if (member.policy != PackagePolicy::hot) continue;
    for (const PackagedApp& app : member.apps) {
      if (!is_installed(app)) continue;
      requests.push_back(again(app, desired));
      requests.back().nodes = member.nodes;
    }
  }
  return requests;
}

std::string_view to_string(NodeSync::State state) {
  switch (state) {
    case State::in_sync:
      return "in_sync";
    case State::changed:
      return "changed";
    case State::restart_due:
      return "restart_due";
    case State::down:
      return "node_down";
    case State::other_system:
      return "other_system";
    case State::unknown:
      return "unknown";
  }
  return {};
}

std::vector<NodeSync> sync_nodes(const Site& site, const Settings& settings, bool dry_run, Deadline until) {
  const auto& entries = site.registry.nodes;
  std::vector<NodeSync> found(entries.size());
  std::vector<Request> requests = sync_requests(site.desired);
  for (Request& request : requests)
    std::get<Request::Change>(request.what).policy = settings.policy;
  const Choices choices = by_application(requests);
  const ExecuteOptions options = options_for(dry_run, until);
  rethrow_first(for_each_parallel(entries.size(), [&](std::size_t i) {
    found[i].node = to_string(entries[i].name);
    sync_one(found[i], {{{entries[i]}, {}}, site.desired}, choices, options);
  }));
  for (const BadEntry& bad : site.registry.bad)
    found.push_back({bad.file, State::unknown, {bad.error}});
  return found;
}

}  // namespace erlrc
