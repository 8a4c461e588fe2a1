// SPDX-License-Identifier: BSD-3-Clause
#include "unpacked_run.hpp"

#include <algorithm>
#include <iterator>
#include <optional>
#include <ranges>
#include <utility>

#include <erlrc/transaction/requests.hpp>
#include <erlrc/transaction/upgrade_set.hpp>

#include "loaded_version.hpp"
#include "moved_apps.hpp"
#include "unmet_on_disk.hpp"
#include "unpacked_end.hpp"
#include "used_backups.hpp"
#include "whole_set.hpp"

namespace erlrc {
namespace {

using State = RunRecord::State;
using Group = RunRecord::Group;
using Package = RunRecord::Package;

bool is_removed(const Snapshot& snapshot) {
  return snapshot.removed.contains(snapshot.package);
}

/// The packages of the run of which both versions are there.
std::vector<Package> both_of(const Snapshot& snapshot) {
  std::vector<Package> both;
  for (const Archive& archive : snapshot.archives)
    if (const InstalledPackage* now = find_installed(snapshot, archive.relations->name))
      both.push_back({archive.relations->name, now->relations.version, archive.relations->version});
  return both;
}

/// All old versions of the run are going to stay.
PackageActions fail(RunRecord record, Group group, std::string because, int code, const Snapshot& snapshot) {
  PackageActions actions;
  group.state = State::failed;
  group.because = std::move(because);
  record.groups.push_back(std::move(group));
  actions.push_back(Store{std::move(record)});
  name_way_out(both_of(snapshot), actions);
  actions.push_back(Exit{code});
  return actions;
}

/// The packages of the run that nodes do not follow, or that did not come: recorded without a version, so
/// that each is reported once, and its backup dropped at the end.
void add_left_out(Group& group, const WholeSet& set, const RunRecord& record, const Snapshot& snapshot) {
  const auto add = [&](const std::string& name) {
    if (group.find(name) == nullptr) group.packages.push_back({.name = name});
  };
  std::ranges::for_each(set.skipped | std::views::keys, add);
  for (const Group& announced : record.groups)
    if (announced.state == State::unpacking)
      for (const Package& package : announced.packages)
        add(package.name);
  if (!is_removed(snapshot)) add(snapshot.package);
}

/// All packages of the run whose new versions are there.
PackageActions follow(const RunRecord& record, const Snapshot& found) {
  if (!found.opened) return {OpenArchives{}};
  if (auto actions = drop_obsolete({}, found); !actions.empty()) return actions;
  PackageActions questions;
  const Snapshot snapshot = with_loaded_versions(found, questions);
  if (!questions.empty()) return questions;
  WholeSet set = whole_set(snapshot, questions);
  if (!questions.empty()) return questions;
  // The calling package is stopped after the others have changed.
  std::erase_if(set.changes, [](const auto& one) { return one.second.to.name.empty(); });
  const auto unmet = unmet_on_disk(set, snapshot, questions);
  if (!questions.empty()) return questions;
  Group group = group_of(set);
  group.unpacked = true;
  group.alone = record.groups.empty();
  add_left_out(group, set, record, snapshot);
  RunRecord made = record;
  made.run = snapshot.run;
  std::erase_if(made.groups, [](const Group& one) { return one.state == State::unpacking; });
  if (unmet) {
    PackageActions actions = fail(std::move(made), std::move(group), *unmet, 1, snapshot);
    actions.insert(actions.begin() + 1, Warn{*unmet});
    return actions;
  }
  std::vector<Request> requests = requests_of(group);
  // A run that only removes versions has no end at which a record would be dropped.
  if (group.alone && requests.empty()) return {Exit{}};
  PackageActions actions = skipped_warnings(set);
  group.state = requests.empty() ? State::done : State::trying;
  made.groups.push_back(std::move(group));
  actions.push_back(Store{std::move(made)});
  if (!requests.empty()) actions.push_back(Execute{std::move(requests), Execute::How::all_or_none, true});
  return actions;
}

/// The application as a new package of the run ships it.
const PackagedApp* shipped_by_new(const Atom& app, const Snapshot& snapshot) {
  for (const Archive& archive : snapshot.archives) {
    if (!archive.member || archive.member->policy != PackagePolicy::hot) continue;
    const auto found = std::ranges::find(archive.member->apps, app, &PackagedApp::app);
    if (found != archive.member->apps.end()) return &*found;
  }
  return nullptr;
}

/// No version of the calling package stays.
PackageActions remove_own(const RunRecord& record, const Snapshot& snapshot) {
  if (!snapshot.opened) return {OpenArchives{}};
  const InstalledPackage* own = find_installed(snapshot, snapshot.package);
  if (own == nullptr || !managed_apps(own->member)) return {Exit{}};
  const PackageVersions versions{.installed = managed_apps(own->member), .nodes = own->member->nodes};
  std::vector<Request> requests = requests_for(Moment::about_to_remove, versions);
  for (Request& request : requests) {
    const PackagedApp* other = shipped_by_new(request.app, snapshot);
    if (other == nullptr) continue;
    const Version& version = *version_before(request);
    const PackagedApp now{request.app, version.vsn, *version.location};
    request = for_nodes(request.nodes, change_all({now}, {*other}, std::set<Atom>{})).front();
  }
  requests = leave_to_others(snapshot.package, std::move(requests), snapshot);
  if (requests.empty()) return {Exit{}};
  RunRecord made = record;
  made.run = snapshot.run;
  made.groups.push_back({.state = State::trying,
                         .packages = {{snapshot.package, own->relations.version, "", requests, false, true}},
                         .unpacked = true});
  return {Store{std::move(made)}, Execute{std::move(requests), Execute::How::all_or_none, true}};
}

/// A node that was not changed does not stop rpm.
PackageActions after_failed_removal(RunRecord record, int code, const std::string& package) {
  std::erase_if(record.groups, [](const Group& one) { return one.state == State::trying; });
  PackageActions actions{Store{std::move(record)}};
  if (code != not_rolled_back) {
    actions.push_back(Warn{package + ": rpm continues, since the failure has changed no node"});
    code = 0;
  }
  actions.push_back(Exit{code});
  return actions;
}

/// What failed: `lager of the package erlang-lager could not be upgraded`.
std::string blame(const Group& group, const std::optional<Request>& failed) {
  for (const Package& package : group.packages)
    if (failed && std::ranges::find(package.requests, *failed) != package.requests.end())
      return failed->app.name + (failed->app.name == package.name ? "" : " of the package " + package.name) +
             " could not be upgraded";
  return "the packages of this transaction could not be upgraded";
}

/// A call was killed while nodes were being asked, and rpm was not.
PackageActions after_killed_call(RunRecord record) {
  PackageActions actions;
  Group& group = *std::ranges::find(record.groups, State::trying, &Group::state);
  group.state = State::failed;
  group.because = "an earlier call of this transaction was killed";
  const std::vector<Package> packages = group.packages;
  roll_back_tried(packages, actions);
  actions.push_back(Store{std::move(record)});
  actions.push_back(Warn{"an earlier call of this transaction was killed"});
  name_way_out(packages, actions);
  actions.push_back(Exit{1});
  return actions;
}

}  // namespace

bool is_unpacked(const RunRecord& record) {
  return !record.groups.empty() && record.groups.front().unpacked;
}

PackageActions run_unpacks(const RunRecord& record, const Snapshot& found) {
  if (!record.groups.empty() && !record.groups.front().unpacked) return {Exit{}};
  if (!found.opened) return {OpenArchives{}};
  PackageActions questions;
  const Snapshot snapshot = with_loaded_versions(found, questions);
  if (!questions.empty()) return questions;
  const std::string& name = snapshot.package;
  const InstalledPackage* now = find_installed(snapshot, name);
  PackageActions actions;
  RunRecord made = record;
  made.run = snapshot.run;
  if (made.groups.empty()) made.groups.push_back({.state = State::unpacking, .unpacked = true});
  std::vector<Package>& packages = made.groups.front().packages;
  std::erase_if(packages, [&](const Package& package) { return package.name == name; });
  packages.push_back({.name = name,
                      .from = now == nullptr ? "" : now->relations.version,
                      .version = snapshot.unpacking_relations.version});
  if (now != nullptr && !is_used(snapshot.backup(name)))
    if (const PackagedApps old = apps_of(*now); !old.empty()) actions.push_back(BackUp{name, old});
  actions.push_back(Store{std::move(made)});
  actions.push_back(Exit{});
  return actions;
}

PackageActions run_unpacked(const RunRecord& record, const Snapshot& snapshot) {
  if (!record.groups.empty() && !record.groups.front().unpacked) return {Exit{}};
  for (const Group& group : record.groups) {
    if (group.state == State::failed) return {Refuse{group.because}};
    if (group.state == State::trying) return after_killed_call(record);
  }
  const Group* own = record.group_of(snapshot.package);
  const bool announced =
      std::ranges::any_of(record.groups, [](const Group& group) { return group.state == State::unpacking; });
  if (announced || (own == nullptr && !is_removed(snapshot))) return follow(record, snapshot);
  if (own == nullptr) return remove_own(record, snapshot);
  return {Exit{}};
}

PackageActions after_unpacked(RunRecord record, const Executed& executed, const Snapshot& snapshot) {
  const auto trying = std::ranges::find(record.groups, State::trying, &Group::state);
  const bool removal = trying->packages.front().removed;
  if (executed.code == 0) {
    trying->state = State::done;
    if (trying->alone) record = {};
    PackageActions actions{Store{std::move(record)}};
    if (removal || !is_removed(snapshot)) actions.push_back(Exit{});
    return actions;
  }
  if (removal) return after_failed_removal(std::move(record), executed.code, snapshot.package);
  Group group = std::move(*trying);
  record.groups.erase(trying);
  PackageActions actions;
  if (executed.code == not_rolled_back) roll_back_tried(group.packages, actions);
  std::string because = blame(group, executed.failed);
  std::ranges::move(fail(std::move(record), std::move(group), std::move(because), executed.code, snapshot),
                    std::back_inserter(actions));
  return actions;
}

}  // namespace erlrc
