// SPDX-License-Identifier: BSD-3-Clause
#include "both_on_disk.hpp"

#include <algorithm>
#include <iterator>
#include <ranges>
#include <set>
#include <utility>
#include <variant>

#include <erlrc/transaction/upgrade_set.hpp>

#include "candidates.hpp"
#include "hand_over.hpp"
#include "moved_apps.hpp"
#include "roll_back.hpp"
#include "used_backups.hpp"

namespace erlrc {

const std::string skipped_by_administrator = "preflight is leave, and no node can do its upgrade";

namespace {

using State = RunRecord::State;
using Group = RunRecord::Group;

RunRecord::Package recorded(const std::string& name, const PackageChange& change) {
  return {name, change.from ? change.from->version : "", change.to.version, change.requests};
}

/// On the way down a package comes before those that it needs. Where it does not run, it must not be started
/// before them: it is started when it is configured.
void leave_starts(RunRecord::Package& package) {
  if (package.from.empty() || std::is_gteq(compare_package_versions(package.version, package.from))) return;
  for (Request& request : package.requests)
    if (auto* change = std::get_if<Request::Change>(&request.what)) change->start = false;
}

std::vector<Request> requests_of(const Group& group) {
  std::vector<Request> requests;
  for (const RunRecord::Package& package : group.packages)
    requests.insert(requests.end(), package.requests.begin(), package.requests.end());
  return requests;
}

std::vector<Request> own_requests(const Snapshot& snapshot) {
  return leave_to_others(snapshot.package, requests_for(snapshot.moment, snapshot.versions()), snapshot);
}

std::set<std::string> names_of(const PackageChanges& changes) {
  std::set<std::string> names;
  for (const auto& [name, change] : changes)
    names.insert(name);
  return names;
}

/// A new group for the calling package, in the place of the one that a killed call has left.
Group& new_own_group(RunRecord& record, const Snapshot& snapshot) {
  record.run = snapshot.run;
  std::erase_if(record.groups, [&](const Group& group) { return group.find(snapshot.package) != nullptr; });
  return record.groups.emplace_back();
}

/// The record is stored before a node is touched, so that a call after a crash knows what to roll back.
void execute_set(const RunRecord& record, const PackageChanges& set, const Snapshot& snapshot,
                 PackageActions& actions) {
  RunRecord made = record;
  const bool again = record.group_of(snapshot.package) != nullptr;
  Group& group = new_own_group(made, snapshot);
  group.state = again ? State::trying_again : State::trying;
  for (const std::string& name : node_order(names_of(set), set)) {
    RunRecord::Package& package = group.packages.emplace_back(recorded(name, set.at(name)));
    if (set.size() > 1) leave_starts(package);
    package.closed = name != snapshot.package && set.at(name).archive.empty();
  }
  std::vector<Request> requests = requests_of(group);
  actions.push_back(Store{std::move(made)});
  actions.push_back(Execute{std::move(requests), Execute::How::all_or_none, true});
}

PackageActions refuse_set(const RunRecord& record, const PackageChanges& set, const std::string& why,
                          const Snapshot& snapshot) {
  PackageActions actions;
  for (const auto& [name, change] : set)
    if (!change.archive.empty()) actions.push_back(DropStaged{name});
  RunRecord made = record;
  Group& group = new_own_group(made, snapshot);
  group.packages = {recorded(snapshot.package, set.at(snapshot.package))};
  fail(group, snapshot.package, why);
  group.clean = true;
  actions.push_back(Store{std::move(made)});
  actions.push_back(Refuse{why});
  return actions;
}

/// Several packages may belong to the calling one: finds out which, and whether they can be upgraded.
PackageActions upgrade_set(const RunRecord& record, std::vector<Request> requests, const Snapshot& snapshot) {
  if (!snapshot.packages || !snapshot.opened) return {LookUp{}, OpenArchives{}};
  PackageActions questions;
  Candidates found = candidates(snapshot, std::move(requests), questions);
  if (!questions.empty()) return questions;
  const auto unmet = unmet_by(found, snapshot, questions);
  if (!questions.empty()) return questions;
  if (unmet) return refuse_set(record, found.set, *unmet, snapshot);
  PackageActions actions;
  const auto leave_out = [&](const std::string& name) {
    const auto change = found.set.find(name);
    if (change == found.set.end()) return;
    if (!change->second.archive.empty()) actions.push_back(DropStaged{name});
    found.set.erase(change);
  };
  std::ranges::for_each(snapshot.skipped, leave_out);
  const auto skipped = to_skip(found.set, snapshot, questions);
  if (!questions.empty()) return questions;
  if (const auto own = skipped.find(snapshot.package); own != skipped.end()) {
    for (const std::string& name : names_of(found.set))
      leave_out(name);
    std::ranges::copy(skip(own->second, snapshot), std::back_inserter(actions));
    return actions;
  }
  std::ranges::for_each(skipped | std::views::keys, leave_out);
  execute_set(record, found.set, snapshot, actions);
  return actions;
}

/// Its upgrade was done with that of another package, with files from its archive. Now they are in their
/// final directories. A node that was down then gets the whole upgrade. The record that was stored then is
/// enough to roll it back.
PackageActions arrive(const Group& group, const Snapshot& snapshot) {
  const RunRecord::Package& self = *group.find(snapshot.package);
  RunRecord::Package now = self;
  now.requests = without_taken(snapshot.package, own_requests(snapshot), group);
  leave_starts(now);
  PackageActions actions;
  const PackagedApps apps = managed_apps(snapshot.unpacking).value_or(PackagedApps{});
  if (auto requests = moves(self, apps, snapshot); !requests.empty())
    actions.push_back(Execute{std::move(requests), Execute::How::move, true});
  actions.push_back(Execute{now.requests, Execute::How::all_or_none, true});
  return actions;
}

/// The last call of the hooks of a package whose new version has none: nodes no longer hear of it. They are
/// upgraded where the new version is in another package, or in a directory next to the old one; nothing
/// fails, since the new version's postrm would have to fail, too, for the old version to stay.
PackageActions last_hook(const Snapshot& snapshot) {
  if (must_open(snapshot)) return {LookUp{}, OpenArchives{}};
  if (snapshot.hooked.size() > 1 && !snapshot.packages) return {LookUp{}};
  PackageActions actions, questions;
  const PackagedApps handed = handed_over(snapshot), left = left_to_others(snapshot);
  keep_for_another(handed, left, snapshot, actions, questions);
  const PackageVersions versions = snapshot.versions();
  const auto each = [&](std::vector<Request> requests) {
    if (!requests.empty())
      actions.push_back(Execute{for_nodes(versions.nodes, std::move(requests)), Execute::How::each});
  };
  std::vector<Request> changes;
  for (const PackagedApp& app : *versions.installed) {
    const Request stop{app.app, Request::Stop{{app.vsn, app.location}}, versions.nodes};
    if (std::ranges::find(left, app) != left.end()) {
      std::ranges::copy(leave_to_others(snapshot.package, {stop}, snapshot), std::back_inserter(changes));
      continue;
    }
    if (const auto next = snapshot.neighbours.find(app.app); next != snapshot.neighbours.end()) {
      each(change_all({app}, {next->second}, snapshot.desired));
      each(start_all({next->second}, snapshot.desired));
      continue;
    }
    if (std::ranges::find(handed, app) != handed.end()) continue;
    if (ask({Ask::What::would_change, {stop}}, snapshot, questions))
      actions.push_back(Warn{snapshot.package + ": the new version has no hooks: nodes that run " +
                             app.app.name + " " + app.vsn + " keep running it until they are restarted"});
  }
  if (!questions.empty()) return questions;
  if (!changes.empty()) {
    actions.push_back(Execute{std::move(changes), Execute::How::each, true});
    return actions;
  }
  if (snapshot.backups.contains(snapshot.package) && handed.empty())
    actions.push_back(DropBackup{snapshot.package});
  actions.push_back(Exit{});
  return actions;
}

/// The backup is dropped only if all nodes were changed.
PackageActions after_last_hook(const Executed& executed, const Snapshot& snapshot) {
  PackageActions actions, questions;
  if (executed.code == 0 && executed.all_known)
    drop_unneeded_backups({snapshot.package}, snapshot, actions, questions);
  if (!questions.empty()) return questions;
  actions.push_back(Exit{});
  return actions;
}

/// The package manager will not restore the calling package any more. As long as others of its group are to
/// come, its old files are backed up, so that nodes can still be rolled back. What they ran may be a backup.
PackageActions close_own(RunRecord record, const Snapshot& snapshot) {
  PackageActions actions;
  Group& group = *record.group_of(snapshot.package);
  group.state = State::done;
  group.find(snapshot.package)->closed = true;
  const PackagedApps& backup = snapshot.backup(snapshot.package);
  const PackagedApps apps =
      without_other_backups(managed_apps(snapshot.installed).value_or(PackagedApps{}), backup);
  const bool used = is_used(backup);
  if (!group.all_closed() && !apps.empty() && !used) actions.push_back(BackUp{snapshot.package, apps});
  actions.push_back(Store{std::move(record)});
  actions.push_back(Exit{});
  return actions;
}

/// Nothing of what the group asked for is in the nodes any more, but for what `actions` still roll back.
void fail_and_exit(RunRecord record, const std::string& because, int code, const Snapshot& snapshot,
                   PackageActions& actions) {
  Group& group = *record.group_of(snapshot.package);
  fail(group, snapshot.package, because);
  const Group failed = group;
  actions.push_back(Store{std::move(record)});
  drop_staged(failed, actions);
  actions.push_back(Warn{because, true});
  actions.push_back(Exit{code});
}

/// What failed: `lager of the package erlang-lager could not be upgraded`.
std::string blame(const Group& group, const std::optional<Request>& failed, const std::string& own) {
  std::string package = own;
  for (const RunRecord::Package& one : group.packages)
    if (failed && std::ranges::find(one.requests, *failed) != one.requests.end()) package = one.name;
  const std::string app = failed ? failed->app.name : package;
  return (app == package ? package : app + " of the package " + package) + " could not be upgraded";
}

}  // namespace

PackageActions skip(const std::string& why, const Snapshot& snapshot) {
  PackageActions actions;
  if (snapshot.backups.contains(snapshot.package)) actions.push_back(DropBackup{snapshot.package});
  actions.push_back(Skip{why});
  return actions;
}

PackageActions upgrade(const RunRecord& record, const Snapshot& snapshot) {
  if (!managed_apps(snapshot.installed)) return {Exit{}};  // adopted: it is upgraded when it is configured
  if (!managed_apps(snapshot.unpacking))
    return snapshot.unpacking ? PackageActions{Exit{}} : last_hook(snapshot);
  const Group* group = record.group_of(snapshot.package);
  if (group != nullptr && group->state == State::failed) return {Refuse{group->because}};
  std::vector<Request> requests = own_requests(snapshot);
  if (stops_any(requests) && snapshot.hooked.size() > 1 && !snapshot.packages) return {LookUp{}};
  if (group != nullptr && group->state == State::done) return arrive(*group, snapshot);
  if (snapshot.skipped.contains(snapshot.package)) return skip(skipped_by_administrator, snapshot);
  if (others_possible(snapshot)) {
    // Where no node runs the package, the others do not matter; but after a kill, that may be because the
    // upgrade is done.
    PackageActions question;
    if (group != nullptr || ask({Ask::What::would_change, requests}, snapshot, question))
      return upgrade_set(record, std::move(requests), snapshot);
    if (!question.empty()) return question;
  }
  PackageActions actions;
  const PackageRelations to{snapshot.package, snapshot.unpacking_relations.version};
  execute_set(record, {{snapshot.package, {{}, to, std::move(requests)}}}, snapshot, actions);
  return actions;
}

PackageActions after_upgrade(const RunRecord& record, const Executed& executed, const Snapshot& snapshot) {
  if (!snapshot.unpacking) return after_last_hook(executed, snapshot);
  RunRecord now = record;
  Group& group = *now.group_of(snapshot.package);
  RunRecord::Package& self = *group.find(snapshot.package);
  const bool arrived = group.state == State::done;
  if (arrived) {
    self.requests = without_taken(snapshot.package, own_requests(snapshot), group);
    leave_starts(self);
  }
  if (executed.code == 0) return close_own(std::move(now), snapshot);
  if (arrived && !snapshot.packages) return {LookUp{}};
  PackageActions actions;
  const std::string because = blame(group, executed.failed, snapshot.package);
  if (arrived) {
    self.closed = false;
    roll_back_unmet(now, snapshot, actions);
    roll_back_open(group, OwnFiles::both_on_disk, snapshot, actions);
  } else {
    const bool again = group.state == State::trying_again;
    if (again) actions.push_back(RollBack{snapshot.package, all_reversed(requests_of(group))});
    if (again || executed.code == not_rolled_back)
      roll_back_open(group, OwnFiles::rolled_back, snapshot, actions);
    group.clean = !again && executed.code != not_rolled_back;
  }
  fail_and_exit(std::move(now), because, executed.code, snapshot, actions);
  return actions;
}

}  // namespace erlrc
