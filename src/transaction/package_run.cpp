// SPDX-License-Identifier: BSD-3-Clause
#include <erlrc/transaction/package_run.hpp>

#include <algorithm>
#include <iterator>
#include <set>
#include <utility>

#include <erlrc/transaction/upgrade_set.hpp>

#include "both_on_disk.hpp"
#include "candidates.hpp"
#include "dependents.hpp"
#include "hand_over.hpp"
#include "moved_apps.hpp"
#include "roll_back.hpp"
#include "used_backups.hpp"
#include "whole_run.hpp"

namespace erlrc {
namespace {

using State = RunRecord::State;
using Group = RunRecord::Group;

void drop_backup(const Snapshot& snapshot, PackageActions& actions) {
  if (snapshot.backups.contains(snapshot.package)) actions.push_back(DropBackup{snapshot.package});
}

/// The old applications whose files will be missed: without a control member nodes are not upgraded before
/// the files are gone; and files in the directory of the new version are overwritten. What nodes run from a
/// backup is there already.
PackagedApps to_back_up(const Snapshot& snapshot) {
  const auto installed = managed_apps(snapshot.installed);
  const auto unpacking = managed_apps(snapshot.unpacking);
  // A package that has not been managed until now is not adopted.
  if (!unpacking || (!installed && snapshot.installed)) return {};
  if (is_used(snapshot.backup(snapshot.package))) return {};
  PackagedApps old = installed ? *installed : snapshot.listed;
  std::erase_if(old, [&](const PackagedApp& app) {
    const auto same = std::ranges::find(*unpacking, app.app, &PackagedApp::app);
    return same == unpacking->end() || (installed && same->location != app.location);
  });
  return without_other_backups(std::move(old), snapshot.backup(snapshot.package));
}

/// Whether the run has several archives of the calling package, and the next one is about to be unpacked.
bool is_another_version(const Group& group, const Snapshot& snapshot) {
  const std::string& recorded = group.find(snapshot.package)->version;
  const std::string& next = snapshot.unpacking_relations.version;
  return !recorded.empty() && !next.empty() && recorded != next;
}

PackageActions about_to_unpack(const RunRecord& record, const Snapshot& snapshot) {
  PackageActions actions;
  const Group* group = record.group_of(snapshot.package);
  if (group != nullptr && group->state == State::failed && !group->find(snapshot.package)->closed) {
    RunRecord now = record;
    now.group_of(snapshot.package)->find(snapshot.package)->closed = true;
    store_open(std::move(now), snapshot.package, actions);
    actions.push_back(Refuse{group->because});
    return actions;
  }
  if (group != nullptr && group->state != State::failed && is_another_version(*group, snapshot))
    return finish_group(record, snapshot);
  if (auto obsolete = drop_obsolete(record, snapshot); !obsolete.empty()) return obsolete;
  if (PackagedApps old = to_back_up(snapshot); !old.empty())
    actions.push_back(BackUp{snapshot.package, std::move(old)});
  actions.push_back(Exit{});
  return actions;
}

/// Rolls the group of the calling package back, whose old files are being restored. Needs snapshot.packages.
RunRecord roll_back_group(RunRecord record, const Snapshot& snapshot, PackageActions& actions) {
  Group& group = *record.group_of(snapshot.package);
  group.find(snapshot.package)->closed = false;
  roll_back_unmet(record, snapshot, actions);
  roll_back_open(group, OwnFiles::restored, snapshot, actions);
  fail(group, snapshot.package, snapshot.package + " could not be unpacked");
  return record;
}

PackageActions unpack_failed(const RunRecord& record, const Snapshot& snapshot) {
  PackageActions actions;
  const Group* group = record.group_of(snapshot.package);
  if (group != nullptr && group->state != State::failed) {
    if (!snapshot.packages) return {LookUp{}};
    RunRecord now = roll_back_group(record, snapshot, actions);
    actions.push_back(Store{now});
    drop_staged(*now.group_of(snapshot.package), actions);
  } else if (group != nullptr && group->clean) {
    // No node was changed.
  } else {
    auto requests = group != nullptr ? rolling_back(*group, *group->find(snapshot.package), snapshot)
                                     : requests_for(snapshot.moment, snapshot.versions());
    if (!requests.empty()) actions.push_back(roll_back(snapshot.package, std::move(requests), true));
  }
  actions.push_back(Exit{});
  return actions;
}

/// If the old version has hooks, `given_up` comes next, and may need the backup.
PackageActions old_files_restored(const Snapshot& snapshot) {
  PackageActions actions;
  if (!managed_apps(snapshot.installed)) drop_backup(snapshot, actions);
  actions.push_back(Exit{});
  return actions;
}

/// What nodes may still run of another version, because it was not upgraded, or not rolled back, while both
/// versions were on disk, is changed with the files of the backup.
std::vector<Request> changes_from_backup(const Snapshot& snapshot) {
  const PackageVersions versions = snapshot.versions();
  if (!versions.installed) return {};
  std::vector<Request> changes;
  // Several packages may have a backup of one application, and nodes may run each of them.
  const auto change_from = [&](const PackagedApps& backup) {
    std::ranges::move(change_all(backup, *versions.installed, versions.desired), std::back_inserter(changes));
  };
  for (const auto& [giver, apps] : taken_over(snapshot))
    change_from(apps);
  change_from(versions.backup);
  return for_nodes(versions.nodes, std::move(changes));
}

/// If a node refuses the change, the package manager cannot restore the old version: the node keeps running
/// it, and the start that follows reports so. If a node cannot be asked, the call fails, and the backup stays
/// for the next attempt.
PackageActions bring_in_sync(const Snapshot& snapshot) {
  PackageActions actions;
  if (auto changes = changes_from_backup(snapshot); !changes.empty())
    actions.push_back(Execute{std::move(changes), Execute::How::each});
  actions.push_back(
      Execute{requests_for(snapshot.moment, snapshot.versions()), Execute::How::all_or_none, true});
  if (auto starts = start_dependents(snapshot); !starts.empty())
    actions.push_back(Execute{std::move(starts), Execute::How::each});
  return actions;
}

/// Why nodes must not follow the calling package, which is installed, before they are restarted.
std::optional<std::string> must_wait(const Snapshot& snapshot, PackageActions& questions) {
  if (snapshot.skipped.contains(snapshot.package))
    return snapshot.backup(snapshot.package).empty() && taken_over(snapshot).empty()
               ? std::nullopt
               : std::optional(skipped_by_administrator);
  std::vector<Request> all = changes_from_backup(snapshot);
  std::ranges::move(requests_for(snapshot.moment, snapshot.versions()), std::back_inserter(all));
  if (!others_possible(snapshot) || !ask({Ask::What::would_change, std::move(all)}, snapshot, questions))
    return std::nullopt;
  if (!snapshot.packages) {
    questions.push_back(LookUp{});
    return std::nullopt;
  }
  const auto now = snapshot.packages->find(snapshot.package);
  if (now == snapshot.packages->end()) return std::nullopt;
  const auto skipped = to_skip({{snapshot.package, {{}, now->second.relations}}}, snapshot, questions);
  return skipped.empty() ? std::nullopt : std::optional(skipped.begin()->second);
}

PackageActions configured(const Snapshot& snapshot) {
  if (must_look_up(snapshot)) return {LookUp{}};
  PackageActions questions;
  const auto why = must_wait(snapshot, questions);
  if (!questions.empty()) return questions;
  return why ? skip(*why, snapshot) : bring_in_sync(snapshot);
}

PackageActions given_up(const RunRecord& record, const Snapshot& snapshot) {
  const Group* group = record.group_of(snapshot.package);
  const bool failed = group != nullptr && group->state == State::failed;
  if (group == nullptr || (failed && group->find(snapshot.package)->closed)) return bring_in_sync(snapshot);
  if (!failed && !snapshot.packages) return {LookUp{}};
  PackageActions actions;
  RunRecord now = failed ? record : roll_back_group(record, snapshot, actions);
  Group& own = *now.group_of(snapshot.package);
  own.find(snapshot.package)->closed = true;
  const Group rolled_back = own;
  store_open(std::move(now), snapshot.package, actions);
  if (!failed) drop_staged(rolled_back, actions);
  if (rolled_back.clean && snapshot.backup(snapshot.package).empty()) actions.push_back(Exit{});
  return actions;
}

PackageActions stays_installed(const Snapshot& snapshot) {
  return {Execute{requests_for(snapshot.moment, snapshot.versions()), Execute::How::all_or_none, true}};
}

/// Stops the applications of the calling package. Where another package ships one of them, too, nodes change
/// to its version instead, and one that refuses that keeps no other application running; where another one is
/// to come with it, they wait for that.
PackageActions remove(const Snapshot& snapshot) {
  if (must_open(snapshot)) return {LookUp{}, OpenArchives{}};
  if (snapshot.hooked.size() > 1 && !snapshot.packages) return {LookUp{}};
  PackageActions actions, questions;
  const PackagedApps handed = handed_over(snapshot), left = left_to_others(snapshot);
  if (snapshot.moment == Moment::about_to_remove)
    keep_for_another(handed, left, snapshot, actions, questions);
  if (!questions.empty()) return questions;
  auto stops = requests_for(snapshot.moment, snapshot.versions());
  std::erase_if(stops, [&](const Request& stop) { return find_app(handed, stop.app) != nullptr; });
  const auto moved = std::ranges::stable_partition(
      stops, [&](const Request& stop) { return find_app(left, stop.app) == nullptr; });
  auto changes = leave_to_others(snapshot.package, {moved.begin(), moved.end()}, snapshot);
  stops.erase(moved.begin(), moved.end());
  if (!stops.empty()) stop_dependents(snapshot, actions, questions);
  if (!questions.empty()) return questions;
  const bool changes_all = !changes.empty() && stops.empty();
  for (Request& change : changes)
    actions.push_back(Execute{{std::move(change)}, Execute::How::all_or_none});
  if (!changes_all) actions.push_back(Execute{std::move(stops), Execute::How::all_or_none, true});
  return actions;
}

PackageActions forgotten(const Snapshot& snapshot) {
  if (snapshot.backups.contains(snapshot.package) && !snapshot.packages) return {LookUp{}};
  PackageActions actions;
  if (!is_kept_for_another(snapshot.package, snapshot)) drop_backup(snapshot, actions);
  actions.push_back(Exit{});
  return actions;
}

/// A node that could not be changed, and was not, does not stop the package manager: the files of the package
/// are what they should be, and other packages must not have to wait.
PackageActions continue_unless_changed(int code, const Snapshot& snapshot) {
  if (code == 0 || code == not_rolled_back) return {Exit{code}};
  return {Warn{snapshot.package + ": dpkg continues, since the failure has changed no node"}, Exit{}};
}

/// The backups that no node needs are dropped, and those that the calling package was the last to need.
PackageActions after_removal(const RunRecord& record, const Executed& executed, const Snapshot& snapshot) {
  PackageActions actions, questions;
  if (snapshot.moment == Moment::removed && snapshot.installed && executed.code == 0 &&
      executed.worst != not_rolled_back) {
    if (!snapshot.backups.empty() && !snapshot.packages) return {LookUp{}};
    drop_unneeded_backups({snapshot.package}, snapshot, actions, questions);
    for (const std::string& name : left_backups(record, snapshot))
      actions.push_back(DropBackup{name});
  }
  if (!questions.empty()) return questions;
  const int code = std::max(executed.worst, executed.code);
  const bool refused = code != 0 && code != not_rolled_back;
  if (snapshot.moment == Moment::about_to_remove && refused)
    actions.push_back(Note{Note::What::refused_removal});
  std::ranges::move(continue_unless_changed(code, snapshot), std::back_inserter(actions));
  return actions;
}

/// If it is not known of a node whether it still runs the files of the backup, the call fails, so that it is
/// repeated.
PackageActions after_sync(const Executed& executed, const Snapshot& snapshot) {
  if (!executed.all_known) return {Exit{std::max(executed.code, 1)}};
  std::vector<std::string> names{snapshot.package};
  for (const auto& [giver, apps] : taken_over(snapshot))
    names.push_back(giver);
  PackageActions actions, questions;
  if (executed.code == 0) drop_unneeded_backups(names, snapshot, actions, questions);
  if (!questions.empty()) return questions;
  if (executed.code != 0 && snapshot.moment == Moment::configured)
    actions.push_back(Note{Note::What::failed_start});
  std::ranges::move(continue_unless_changed(executed.code, snapshot), std::back_inserter(actions));
  return actions;
}

/// A backup that was made for the removal is dropped; one of a package in the record belongs to the run.
PackageActions after_aborted_removal(const RunRecord& record, const Executed& executed,
                                     const Snapshot& snapshot) {
  PackageActions actions, questions;
  if (executed.code == 0 && record.group_of(snapshot.package) == nullptr)
    drop_unneeded_backups({snapshot.package}, snapshot, actions, questions);
  if (!questions.empty()) return questions;
  std::ranges::move(continue_unless_changed(executed.code, snapshot), std::back_inserter(actions));
  return actions;
}

PackageActions after_execution(const RunRecord& record, const Executed& executed, const Snapshot& snapshot) {
  switch (snapshot.moment) {
    case Moment::both_on_disk:
    case Moment::both_on_disk_again:
      return after_upgrade(record, executed, snapshot);
    case Moment::configured:
    case Moment::given_up:
      return after_sync(executed, snapshot);
    case Moment::about_to_remove:
    case Moment::removed:
      return after_removal(record, executed, snapshot);
    case Moment::stays_installed:
      return after_aborted_removal(record, executed, snapshot);
    default:
      return continue_unless_changed(executed.code, snapshot);
  }
}

}  // namespace

PackageActions next(const RunRecord& record, const RunEvent& event, const Snapshot& snapshot) {
  if (concerns_whole_run(snapshot.moment)) return whole_run(record, event, snapshot);
  if (const auto* executed = std::get_if<Executed>(&event))
    return after_execution(record, *executed, snapshot);
  // Two runs never overlap, so the process that stored the record of another run is gone.
  const bool ended = record.run != snapshot.run || snapshot.moment == Moment::configured;
  if (!record.groups.empty() && ended) return finish(record, snapshot);
  switch (snapshot.moment) {
    case Moment::about_to_unpack:
      return about_to_unpack(record, snapshot);
    case Moment::both_on_disk:
    case Moment::both_on_disk_again:
      return upgrade(record, snapshot);
    case Moment::unpack_failed:
      return unpack_failed(record, snapshot);
    case Moment::old_files_restored:
      return old_files_restored(snapshot);
    case Moment::given_up:
      return given_up(record, snapshot);
    case Moment::configured:
      return configured(snapshot);
    case Moment::stays_installed:
      return stays_installed(snapshot);
    case Moment::removed:
      // What nodes have refused a moment ago is neither tried nor reported again.
      if (snapshot.removal_refused) return after_removal(record, {}, snapshot);
      return remove(snapshot);
    case Moment::about_to_remove:
      return remove(snapshot);
    case Moment::forgotten:
      return forgotten(snapshot);
    case Moment::run_begins:
    case Moment::run_unpacks:
    case Moment::run_unpacked:
    case Moment::run_ended:
    case Moment::run_recovered:
      break;
  }
  return {Exit{}};
}

}  // namespace erlrc
