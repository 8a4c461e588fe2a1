// SPDX-License-Identifier: BSD-3-Clause
#include "whole_run.hpp"

#include <algorithm>
#include <functional>
#include <iterator>
#include <optional>
#include <ranges>
#include <set>
#include <string>
#include <utility>
#include <variant>

#include <erlrc/transaction/requests.hpp>
#include <erlrc/transaction/upgrade_set.hpp>

#include "candidates.hpp"
#include "loaded_version.hpp"
#include "roll_back.hpp"
#include "unmet_on_disk.hpp"
#include "unpacked_end.hpp"
#include "unpacked_run.hpp"
#include "used_backups.hpp"
#include "whole_set.hpp"

namespace erlrc {
namespace {

using State = RunRecord::State;
using Group = RunRecord::Group;

bool is_of_scriptlet(Moment moment) {
  return moment == Moment::run_unpacks || moment == Moment::run_unpacked;
}

/// Whether the call has more to do when an earlier run was finished.
bool begins_a_run(Moment moment) {
  return moment == Moment::run_begins || is_of_scriptlet(moment);
}

/// What is needed on disk before nodes can follow: the new files, and a backup of the old ones, which are
/// gone when a package has come, but not what it needs.
PackageActions files_to_make(const WholeSet& set, const Snapshot& snapshot) {
  PackageActions actions;
  for (const auto& [name, change] : set.changes) {
    if (change.archive.empty() || snapshot.staged.contains(change.archive)) continue;
    const auto old = set.old.find(name);
    if (old != set.old.end() && snapshot.backup(name).empty()) actions.push_back(BackUp{name, old->second});
    actions.push_back(Stage{name, change.archive});
  }
  if (snapshot.staged.empty() && !actions.empty()) actions.insert(actions.begin(), DropAllStaged{});
  return actions;
}

/// Drops what was made for the packages of the set.
void drop_files(const std::set<std::string>& packages, const Snapshot& snapshot, PackageActions& actions) {
  for (const std::string& name : packages)
    drop_backup(name, snapshot, actions);
  actions.push_back(DropAllStaged{});
}

PackageActions refuse(const WholeSet& set, const std::string& why, const Snapshot& snapshot) {
  PackageActions actions;
  drop_files(names_of(set.changes), snapshot, actions);
  actions.push_back(Refuse{why});
  return actions;
}

/// The record is stored before a node is touched, so that a call after a crash knows what to roll back.
PackageActions execute_set(const WholeSet& set, const Snapshot& snapshot) {
  PackageActions actions = skipped_warnings(set);
  Group group = group_of(set);
  std::vector<Request> requests = requests_of(group);
  if (group.packages.empty()) {
    actions.push_back(Exit{});
    return actions;
  }
  group.state = requests.empty() ? State::done : State::trying;
  actions.push_back(Store{{snapshot.run, {std::move(group)}}});
  if (requests.empty()) {
    actions.push_back(Exit{});
  } else {
    actions.push_back(Execute{std::move(requests), Execute::How::all_or_none, true});
  }
  return actions;
}

/// Without a record no run is open. If there are backups all the same, the host was restarted in the middle
/// of one, since the record is in /run: no node needs its old files.
PackageActions drop_left(const Snapshot& snapshot) {
  PackageActions actions;
  for (const auto& [name, backup] : snapshot.backups)
    drop_unneeded(name, snapshot, actions);
  return actions;
}

PackageActions begin(const Snapshot& found) {
  if (!found.opened) return {OpenArchives{}};
  if (!concerns_nodes(found)) return {Exit{}};
  if (!found.packages) return {LookUp{}};
  if (found.staged.empty())  // nothing was made for this run yet
    if (auto actions = drop_left(found); !actions.empty()) return actions;
  PackageActions questions;
  const Snapshot snapshot = with_loaded_versions(found, questions);
  if (!questions.empty()) return questions;
  if (auto actions = drop_obsolete({}, snapshot); !actions.empty()) return actions;
  const WholeSet set = whole_set(snapshot, questions);
  const auto unmet = questions.empty() ? unmet_on_disk(set, snapshot, questions) : std::nullopt;
  if (!questions.empty()) return questions;
  if (unmet) return refuse(set, *unmet, snapshot);
  for (const auto& [archive, staged] : snapshot.staged)
    if (staged.damaged) return refuse(set, archive + " is damaged", snapshot);
  if (auto actions = files_to_make(set, snapshot); !actions.empty()) return actions;
  return execute_set(set, snapshot);
}

PackageActions recover(const Snapshot& snapshot) {
  if (!snapshot.packages && !snapshot.backups.empty()) return {LookUp{}};
  if (auto actions = drop_obsolete({}, snapshot); !actions.empty()) return actions;
  PackageActions actions = drop_left(snapshot);
  actions.push_back(DropAllStaged{});
  actions.push_back(Exit{});
  return actions;
}

bool drops_files(const PackageAction& action) {
  return std::holds_alternative<UseBackup>(action) || std::holds_alternative<DropBackup>(action) ||
         std::holds_alternative<DropAllStaged>(action);
}

bool changes_nodes(const PackageAction& action) {
  return std::holds_alternative<Execute>(action) || std::holds_alternative<RollBack>(action);
}

/// Nodes first: what some of them may still run is not dropped.
void confirm_before_drops(PackageActions& actions) {
  const auto drops = std::ranges::stable_partition(actions, std::not_fn(drops_files));
  if (std::any_of(actions.begin(), drops.begin(), changes_nodes)) actions.insert(drops.begin(), Confirm{});
}

/// Refuses the run because of another one, if it has to do with nodes.
PackageActions refuse_for_another(const std::string& why, const Snapshot& snapshot) {
  if (snapshot.moment == Moment::run_begins && !snapshot.opened) return {OpenArchives{}};
  if (snapshot.moment == Moment::run_begins && !concerns_nodes(snapshot)) return {Exit{}};
  return {Refuse{why}};
}

/// Some node may still run files of the recorded run: they stay, and so does the record, as that of a process
/// that has ended. If it is the run that begins, nodes are not as they were before it.
PackageActions leave_to_recovery(RunRecord record, const Snapshot& snapshot) {
  const bool own = record.run == snapshot.run;
  record.run.clear();
  PackageActions end{Exit{begins_a_run(snapshot.moment) ? not_rolled_back : 1}};
  if (!own && begins_a_run(snapshot.moment))
    end = refuse_for_another("an earlier transaction has not ended on all nodes", snapshot);
  if (std::holds_alternative<OpenArchives>(end.front())) return end;
  const Warn way_out{
      "nodes may still run files of a transaction: when they answer, or were restarted, "
      "`erlrc-hook rpm recover` or the next transaction brings them in sync"};
  return {Store{std::move(record)}, way_out, end.front()};
}

/// The requests of the set were executed, before anything is unpacked.
PackageActions after_set(RunRecord record, const Executed& executed, const Snapshot& snapshot) {
  PackageActions actions;
  Group& group = record.groups.front();
  if (executed.code == 0) {
    group.state = State::done;
    return {Store{std::move(record)}, Exit{}};
  }
  if (executed.code == not_rolled_back) {
    roll_back_open(group, OwnFiles::unknown, snapshot, actions);
    actions.push_back(Confirm{});
  }
  std::set<std::string> names;
  for (const RunRecord::Package& package : group.packages)
    names.insert(package.name);
  actions.push_back(Store{});
  drop_files(names, snapshot, actions);
  actions.push_back(Warn{"the transaction is refused before it changes a package"});
  actions.push_back(Exit{executed.code});
  return actions;
}

void warn_of_missing(const Group& group, PackageActions& actions) {
  for (const RunRecord::Package& package : group.packages) {
    if (package.closed || package.requests.empty()) continue;
    actions.push_back(
        Warn{package.name +
             (package.removed ? ": was not removed" : ": " + package.version + " was not installed") +
             ", so the nodes are rolled back" + (package.from.empty() ? "" : " to " + package.from)});
  }
}

/// Starts the desired applications of what has come, each package after those that it needs. Those of `stale`
/// are upgraded first from what nodes run.
std::vector<Request> starts(const Group& group, const std::set<std::string>& stale,
                            const Snapshot& snapshot) {
  PackageChanges come;
  for (const RunRecord::Package& package : group.packages)
    if (const auto now = snapshot.packages->find(package.name); now != snapshot.packages->end())
      come[package.name].to = now->second.relations;
  std::vector<Request> requests;
  for (const std::string& name : node_order(names_of(come), come)) {
    const auto& member = snapshot.packages->at(name).member;
    const auto apps = managed_apps(member);
    if (!apps) continue;
    std::vector<Request> own;
    if (stale.contains(name)) own = change_all(snapshot.backup(name), *apps, snapshot.desired);
    std::ranges::move(start_all(*apps, snapshot.desired), std::back_inserter(own));
    std::ranges::move(for_nodes(member->nodes, std::move(own)), std::back_inserter(requests));
  }
  return requests;
}

/// Nothing more of the recorded run is unpacked or removed.
PackageActions end(const RunRecord& record, const Snapshot& snapshot) {
  if (!snapshot.packages) return {LookUp{}};
  PackageActions actions;
  RunRecord left = record;
  auto [packages, stale] = end_unpacked(left, snapshot, actions);
  for (Group& group : left.groups) {
    close_what_has_come(group, snapshot, actions);
    warn_of_missing(group, actions);
  }
  const std::set<std::string> back = finish_groups(left, snapshot, actions);
  for (const Group& group : left.groups) {
    for (const RunRecord::Package& package : group.packages) {
      if (package.closed && !back.contains(package.name)) packages.push_back(package);
      if (!package.closed) drop_backup(package.name, snapshot, actions);
    }
  }
  for (const std::string& name : to_bring_in_sync(record, back, snapshot)) {
    packages.push_back({name, "", snapshot.packages->at(name).relations.version, {}, true});
    stale.insert(name);
  }
  const Group come{State::done, "", std::move(packages)};
  actions.push_back(DropAllStaged{});
  confirm_before_drops(actions);
  auto requests = starts(come, stale, snapshot);
  actions.push_back(requests.empty() ? Store{} : Store{{record.run, {come}}});
  actions.push_back(Execute{std::move(requests), Execute::How::each, true});
  return actions;
}

/// The applications of what has come were started. What nodes do not run any longer is dropped.
PackageActions after_starts(const RunRecord& record, const Executed& executed, const Snapshot& snapshot) {
  PackageActions actions;
  for (const Group& group : record.groups)
    for (const RunRecord::Package& package : group.packages)
      if (executed.code == 0 && executed.all_known && snapshot.backups.contains(package.name))
        actions.push_back(DropBackup{package.name});
  actions.push_back(Store{});
  if (!begins_a_run(snapshot.moment)) actions.push_back(Exit{std::max(executed.code, executed.worst)});
  return actions;
}

/// Whether the transaction of the record is another one, and still at work. Of scriptlets there is one at a
/// time: rpm waits for the other.
bool is_at_work(const RunRecord& record, const Snapshot& snapshot) {
  return record.run != snapshot.run && snapshot.recorded_run_lives && !is_of_scriptlet(snapshot.moment);
}

/// Whether an earlier transaction of the same process has left the record: packages are unpacked again.
bool has_ended(const RunRecord& record, const Snapshot& snapshot) {
  return snapshot.moment == Moment::run_unpacks && is_unpacked(record) &&
         record.groups.front().state != State::unpacking;
}

/// The actions for a record of this run, or without one.
PackageActions own_run(const RunRecord& record, const Snapshot& snapshot) {
  switch (snapshot.moment) {
    case Moment::run_begins:
      return begin(snapshot);
    case Moment::run_unpacks:
      return run_unpacks(record, snapshot);
    case Moment::run_unpacked:
      return run_unpacked(record, snapshot);
    case Moment::run_recovered:
      return recover(snapshot);
    default:
      return {Exit{}};
  }
}

}  // namespace

bool concerns_whole_run(Moment moment) {
  return begins_a_run(moment) || moment == Moment::run_ended || moment == Moment::run_recovered;
}

PackageActions whole_run(const RunRecord& record, const RunEvent& event, const Snapshot& snapshot) {
  const bool own = record.run == snapshot.run;
  if (const auto* executed = std::get_if<Executed>(&event)) {
    if (executed->unconfirmed) return leave_to_recovery(record, snapshot);
    const bool set = std::ranges::find(record.groups, State::trying, &Group::state) != record.groups.end();
    if (!set) return after_starts(record, *executed, snapshot);
    return is_unpacked(record) ? after_unpacked(record, *executed, snapshot)
                               : after_set(record, *executed, snapshot);
  }
  if (record.groups.empty()) return own_run(record, snapshot);
  if (snapshot.moment == Moment::run_ended && !own) return {Exit{}};
  if (is_at_work(record, snapshot))
    return refuse_for_another("the transaction of process " + record.run.substr(0, record.run.find(' ')) +
                                  " has not ended: try again when it has, or end a process that hangs",
                              snapshot);
  if (own && is_of_scriptlet(snapshot.moment) && !has_ended(record, snapshot))
    return own_run(record, snapshot);
  return end(record, snapshot);
}

}  // namespace erlrc
