// SPDX-License-Identifier: BSD-3-Clause
#include <erlrc/forecast/forecast.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <exception>
#include <filesystem>
#include <map>
#include <memory>
#include <ranges>
#include <set>
#include <utility>
#include <variant>

#include <erlrc/base/error.hpp>
#include <erlrc/base/text.hpp>
#include <erlrc/coordinator/moved_modules.hpp>
#include <erlrc/coordinator/refused_before.hpp>
#include <erlrc/coordinator/replaced_erlang.hpp>
#include <erlrc/dist/names.hpp>
#include <erlrc/forecast/transaction.hpp>
#include <erlrc/node/observe.hpp>
#include <erlrc/site/start_rule.hpp>
#include <erlrc/sys/parallel.hpp>
#include <erlrc/transaction/upgrade_set.hpp>

#include "asked_node.hpp"
#include "checks.hpp"

// First, all nodes are asked: if none runs, nothing else is to be done. Then the archives are read. Then the
// plans of each node are made in order, each for the state in which the plans before it leave the node. Last,
// the steps of the plans that only check something are run on the node.

namespace erlrc {
namespace {

using Kind = Forecast::Kind;
using Item = Transaction::Item;

/// Changes `node` to the state after `request`, for the planners of later requests.
void note_done(NodeState& node, const Request& request, const Files& files) {
  const Atom& app = request.app;
  const auto note_running = [&](const Version& version) {
    node.loaded[app] = {version.vsn, files.spec(version).spec.included_applications};
    if (!included_by(node, app)) node.running.emplace(app, Atom{"temporary"});
  };
  std::visit(Overload{[&](const Request::Start& start) { note_running(start.version); },
                      [&](const Request::Stop& stop) {
                        node.running.erase(app);
                        if (stop.unload) node.loaded.erase(app);
                      },
                      [&](const Request::Change& change) { note_running(change.to); }},
             request.what);
}

/// The row of an application that the hooks will not start, because of the entry of the node.
Forecast not_started(const AskedNode& visit, const Item& item) {
  return {Kind::unwanted,
          item.package,
          item.request.app.name,
          {},
          version_after(item.request)->vsn,
          visit.name,
          {},
          "the node's entry: start = " + to_string(visit.entry->start)};
}

/// Why the node will refuse what it has rolled back before.
std::optional<std::string> refused_before(const AskedNode& node, const Item& item) {
  const auto* change = std::get_if<Request::Change>(&item.request.what);
  if (change == nullptr || node.retries) return std::nullopt;
  const auto before = load_refused(node.name, item.request.app);
  if (!before || before->identity != identity_of(item.request.app, *change, item.files, *node.entry))
    return std::nullopt;
  return refused_again(*before);
}

/// Why the node will refuse what could be done there.
std::optional<std::string> refused_for(const AskedNode& node, const Item& item) {
  const auto why = cannot_see(node, item.request);
  return why ? why : refused_before(node, item);
}

void decide_on(AskedNode& visit, const Item& item, std::size_t index, const Desired& desired,
               Deadline until) {
  const Request& request = item.request;
  if (would_start(request, visit.state) &&
      !may_start(request.app, visit.entry->start, visit.state, visit.starts)) {
    // An upgrade of what does not run there changes nothing.
    if (std::holds_alternative<Request::Start>(request.what))
      visit.planned.push_back({index, not_started(visit, item)});
    return;
  }
  const Question question = question_for(request);
  if (question.code_of && visit.state.loaded.contains(request.app))
    visit.state.code = observe(*visit.rpc, question, until).code;
  const FilesWithMoved with_moved(*visit.rpc, request, visit.state, item.files, until);
  Decision decision = plan(request, visit.state, with_moved.files(), desired);
  if (changes_something(decision) && visit.replaced)
    decision = Refusal{Refusal::Reason::erlang_replaced, *visit.replaced};
  auto row = row_of(request, decision);
  if (!row) return;
  row->package = item.package;
  row->node = visit.name;
  if (const auto* change = std::get_if<Request::Change>(&request.what); change && row->kind == Kind::hot)
    check_libraries(*row, std::get<Plan>(decision), item.libraries, item.files.all(change->from),
                    item.files.all(change->to));
  if (const auto why = fails(*row) ? std::nullopt : refused_for(visit, item)) {
    row->kind = Kind::refused;
    row->why = *why;
  }
  Planned planned{index, *std::move(row)};
  if (!fails(planned.row)) {
    // The checks of a start make sense only on a node that has done it.
    if (planned.row.kind == Kind::hot || planned.row.kind == Kind::restart) {
      planned.checks = checks_of(std::get<Plan>(decision));
      planned.whole = std::get<Plan>(decision).steps;
    }
    if (std::holds_alternative<Request::Stop>(request.what) && runs(visit.state, request.app))
      visit.starts.ran.insert(request.app);
    note_done(visit.state, request, item.files);
  }
  if (const Version* version = version_after(request))
    visit.needs.push_back({request.app.name, item.files.spec(*version).spec.applications});
  visit.planned.push_back(std::move(planned));
}

void decide(AskedNode& visit, const std::vector<Item>& items, const Desired& desired, Deadline until) {
  for (std::size_t i = 0; i < items.size(); ++i) {
    try {
      if (!is_for(visit, items[i].request) || is_skipped(visit, items[i].request)) continue;
      decide_on(visit, items[i], i, desired, until);
    } catch (const std::exception& error) {
      Forecast row = row_about(items[i].request);
      row.kind = Kind::refused;
      row.package = items[i].package;
      row.node = visit.name;
      row.why = message_of(error, "planning");
      visit.planned.push_back({i, std::move(row)});
    }
  }
}

void plan_node(AskedNode& visit, const std::vector<Item>& items, const Desired& desired, Deadline until) {
  if (!visit.rpc) return;
  try {
    decide(visit, items, desired, until);
    run_checks(visit, until);
  } catch (const std::exception& error) {
    visit.error = message_of(error, "looking at the node");
  }
  std::vector<Forecast> rows;
  for (Planned& one : visit.planned)
    rows.push_back(std::move(one.row));
  refuse_dependents(rows, visit.needs);
  for (std::size_t i = 0; i < rows.size(); ++i)
    visit.planned[i].row = std::move(rows[i]);
}

/// The loaded applications of nodes whose packages do not manage them.
std::vector<Forecast> rows_apart(const Transaction& transaction, const std::vector<AskedNode>& visits) {
  std::vector<Forecast> rows;
  for (const Transaction::Apart& apart : transaction.apart())
    for (const AskedNode& visit : visits) {
      const auto loaded = loaded_vsn(visit.state, apart.app.app);
      if (!loaded || *loaded == apart.app.vsn) continue;
      const bool restarts = apart.policy == PackagePolicy::restart;
      rows.push_back({restarts ? Kind::restart : Kind::skipped,
                      apart.package,
                      apart.app.app.name,
                      *loaded,
                      apart.app.vsn,
                      visit.name,
                      {},
                      restarts ? "its package restarts its service" : "as configured by its package",
                      true});
    }
  return rows;
}

/// The packages that have to wait because others, in these rows, wait for a restart; with the reason, which
/// comes from the relations of the new versions.
std::map<std::string, std::string> waiting_with(const std::vector<Forecast>& rows,
                                                const Transaction& transaction) {
  std::set<std::string> waiting;
  for (const Forecast& row : rows)
    if (row.waits) waiting.insert(row.package);
  if (waiting.empty()) return {};
  PackageChanges together;
  Packages in_nodes;
  for (const ChangedPackage& change : transaction.changes()) {
    if (change.new_version.empty() || !change.unreadable.empty()) continue;
    auto known = transaction.source().relations(change.archive);
    if (!known) continue;
    PackageRelations relations = *std::move(known);
    if (!waiting.contains(change.package)) {
      PackageChange& one = together[change.package] = {{}, std::move(relations)};
      if (!change.old_version.empty()) one.from = PackageRelations{change.package, change.old_version};
    } else {
      relations.version = change.old_version;
      in_nodes[change.package] = std::move(relations);
    }
  }
  return to_skip(together, in_nodes);
}

/// Whether the node may have loaded `file`, an .app file of the system: a node with an Erlang installation of
/// its own loads nothing from the system's.
bool may_be_of(const NodeState& node, const std::string& file) {
  return file.starts_with(node.lib_dir + "/") || file.find("/erlang/lib/") == std::string::npos;
}

std::string app_name(const std::string& file) {
  return std::filesystem::path(file).stem().string();
}

/// Notes a package without hooks that contains a loaded application of a node: its files are replaced, and
/// the node is not upgraded.
void note_without_hooks(const ChangedPackage& change, const std::vector<AskedNode>& visits,
                        std::vector<std::string>& notes) {
  std::set<std::string> nodes, apps;
  for (const AskedNode& visit : visits)
    for (const std::string& file : change.app_files)
      if (visit.rpc && visit.state.loaded.contains(Atom{app_name(file)}) && may_be_of(visit.state, file)) {
        nodes.insert(visit.name);
        apps.insert(app_name(file));
      }
  if (nodes.empty()) return;
  constexpr std::size_t few = 4;
  notes.push_back(
      fmt::format("{} has no hooks for running nodes, and contains {}{}: afterwards {} {} a restart",
                  change.package, join(apps | std::views::take(few), ", "), apps.size() > few ? ", .." : "",
                  join(nodes, ", "), nodes.size() == 1 ? "needs" : "need"));
}

/// The row of a node that could not be asked. The hooks do not fail because of one that needs a restart
/// anyway.
Forecast row_of_silent(const AskedNode& visit) {
  const auto replaced = visit.entry != nullptr ? replaced_emulator(*visit.entry) : std::nullopt;
  return {replaced ? Kind::needs_restart : Kind::refused,
          {},
          "*",
          {},
          {},
          visit.name,
          {},
          replaced ? *replaced : visit.error};
}

/// The rows of all nodes, those of one request next to each other.
std::vector<Forecast> in_order(std::vector<AskedNode>& visits) {
  std::vector<Planned> all;
  std::vector<Forecast> rows;
  for (AskedNode& visit : visits) {
    if (!visit.error.empty()) rows.push_back(row_of_silent(visit));
    std::ranges::move(visit.planned, std::back_inserter(all));
  }
  std::ranges::stable_sort(all, {}, &Planned::item);
  for (Planned& one : all)
    rows.push_back(std::move(one.row));
  return rows;
}

}  // namespace

Forecasts forecast(TransactionSource source, const Site& site, const Settings& settings) {
  const Deadline until = after(settings.preflight_timeout);
  std::vector<AskedNode> visits = ask_nodes(site.registry, after(left_until(until) / 2));
  if (visits.empty()) return {};
  Transaction transaction(std::move(source), site.desired, settings.policy);
  Forecasts found;
  found.moves = transaction.moves();
  leave_out_other_systems(visits, transaction, after(left_until(until) / 2), found.notes);
  if (visits.empty()) return found;
  transaction.read_archives([&](const Item& item) {
    const Request& request = item.request;
    const Version* version = version_after(request);
    if (version == nullptr) return false;
    const bool starts = std::holds_alternative<Request::Start>(request.what);
    return std::ranges::any_of(visits, [&](const AskedNode& visit) {
      return visit.rpc && !(starts && loaded_vsn(visit.state, request.app) == version->vsn);
    });
  });
  found.warnings = transaction.warnings();
  for (const ChangedPackage& change : transaction.changes())
    note_without_hooks(change, visits, found.notes);
  found.rows = rows_apart(transaction, visits);
  if (transaction.items().empty()) return found;
  for (AskedNode& visit : visits)
    visit.retries = settings.retry;
  for (AskedNode& visit : visits)
    if (visit.rpc && visit.entry->start.kind == StartRule::Kind::running)
      visit.starts.needs = transaction.new_needs();
  rethrow_first(for_each_parallel(
      visits.size(), [&](std::size_t i) { plan_node(visits[i], transaction.items(), site.desired, until); }));
  std::ranges::move(in_order(visits), std::back_inserter(found.rows));
  leave_refused(found.rows, settings);
  const auto waiting = waiting_with(found.rows, transaction);
  for (Forecast& row : found.rows) {
    const auto why = waiting.find(row.package);
    if (why == waiting.end() || fails(row)) continue;
    row.kind = Kind::skipped;
    row.modules.clear();
    row.why = why->second;
  }
  return found;
}

}  // namespace erlrc
