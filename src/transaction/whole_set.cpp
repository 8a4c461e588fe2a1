// SPDX-License-Identifier: BSD-3-Clause
#include "whole_set.hpp"

#include <algorithm>
#include <iterator>
#include <ranges>
#include <set>
#include <utility>
#include <variant>

#include <erlrc/transaction/requests.hpp>

#include "both_on_disk.hpp"
#include "candidates.hpp"
#include "moved_apps.hpp"

namespace erlrc {
namespace {

const InstalledPackage* find(const Snapshot& snapshot, const std::string& name) {
  const auto found = snapshot.packages->find(name);
  return found == snapshot.packages->end() ? nullptr : &found->second;
}

/// Not the old version of a package that is replaced.
bool is_removed(const Snapshot& snapshot, const std::string& name) {
  return snapshot.removed.contains(name) &&
         std::ranges::none_of(snapshot.archives, [&](const Archive& archive) {
           return archive.relations && archive.relations->name == name;
         });
}

/// An application of a package that is removed, or whose new version no longer has it, while another package
/// of the run ships it from now on.
struct Moved {
  PackagedApp app;
  std::string from;  ///< the package that had it
};

using MovedApps = std::map<Atom, Moved>;

MovedApps dropped_apps(const Snapshot& snapshot) {
  MovedApps apps;
  for (const Archive& archive : snapshot.archives) {
    const InstalledPackage* now = archive.relations ? find(snapshot, archive.relations->name) : nullptr;
    const auto next = managed_apps(archive.member);
    if (now == nullptr || !next) continue;
    for (const PackagedApp& app : managed_apps(now->member).value_or(PackagedApps{}))
      if (std::ranges::find(*next, app.app, &PackagedApp::app) == next->end())
        apps.emplace(app.app, Moved{app, now->relations.name});
  }
  for (const auto& [name, package] : *snapshot.packages)
    if (is_removed(snapshot, name))
      for (const PackagedApp& app : managed_apps(package.member).value_or(PackagedApps{}))
        apps.emplace(app.app, Moved{app, name});
  return apps;
}

/// The applications before the change, those of a removed package among them. Takes what it finds there out
/// of `moved`.
PackagedApps apps_before(PackageChange& change, const PackagedApps& next, MovedApps& moved,
                         const Snapshot& snapshot) {
  const std::string& name = change.to.name;
  PackagedApps old;
  if (const InstalledPackage* now = find(snapshot, name)) {
    change.from = now->relations;
    old = with_backup(now->member ? now->member->apps : now->listed, snapshot.backup(name));
  }
  for (const PackagedApp& app : next) {
    const auto found = moved.find(app.app);
    if (found == moved.end() || std::ranges::find(old, app.app, &PackagedApp::app) != old.end()) continue;
    for (const PackagedApp& one : with_backup({found->second.app}, snapshot.backup(name)))
      if (one.app == app.app) old.push_back(one);
    if (!change.from) change.from = find(snapshot, found->second.from)->relations;
    moved.erase(found);
  }
  return old;
}

/// Nodes do not start a new version from staged files: it may need other files of its package. A package that
/// is new on this host is an exception: it is here only if another one of the set needs it.
std::vector<Request> requests_of(const PackageChange& change, const PackagedApps& old,
                                 const PackagedApps& next, const Snapshot& snapshot) {
  if (change.from) {
    auto requests = change_all(old, next, snapshot.desired);
    for (Request& request : requests)
      if (auto* change_request = std::get_if<Request::Change>(&request.what)) change_request->start = false;
    return requests;
  }
  if (change.archive.empty()) return start_all(next, snapshot.desired);
  auto requests = start_all(next, {});
  if (const auto staged = snapshot.staged.find(change.archive); staged != snapshot.staged.end())
    std::erase_if(requests,
                  [&](const Request& request) { return !staged->second.desired.contains(request.app); });
  return requests;
}

/// A package of an archive that nodes may follow: adds its change to `all`.
void add_change(const Archive& archive, MovedApps& moved, WholeSet& all, const Snapshot& snapshot) {
  const InstalledPackage* now = find(snapshot, archive.relations->name);
  const bool known = now != nullptr && now->member;
  auto next = managed_apps(archive.member);
  if (!next || (known && !managed_apps(now->member))) return;
  const std::string& name = archive.relations->name;
  if (!archive.path.empty())
    for (PackagedApp& app : *next)
      app.location =
          Location::staged(app.location.in_path, staged_path(snapshot, name, app.location.in_path));
  PackageChange change{{}, *archive.relations, {}, archive.path};
  PackagedApps old = apps_before(change, *next, moved, snapshot);
  auto requests = leave_to_others(name, requests_of(change, old, *next, snapshot), snapshot);
  change.requests = for_nodes(known ? now->member->nodes : archive.member->nodes, std::move(requests));
  if (!old.empty()) all.old[name] = std::move(old);
  all.changes[name] = std::move(change);
}

/// Another package has taken this application over from `package`.
void leave_out(const Atom& app, const std::string& package, WholeSet& all) {
  const auto change = all.changes.find(package);
  if (change != all.changes.end())
    std::erase_if(change->second.requests, [&](const Request& request) { return request.app == app; });
}

/// A package that is removed: its applications are stopped, but for those that another one has now.
void add_removal(const std::string& name, const MovedApps& left, WholeSet& all, const Snapshot& snapshot) {
  const InstalledPackage& now = snapshot.packages->at(name);
  PackageVersions versions{managed_apps(now.member)};
  if (!versions.installed) return;
  std::erase_if(*versions.installed, [&](const PackagedApp& app) { return !left.contains(app.app); });
  versions.nodes = now.member->nodes;
  auto requests = requests_for(Moment::about_to_remove, versions);
  all.changes[name] = {now.relations, {}, leave_to_others(name, std::move(requests), snapshot)};
}

/// New packages that no changed one needs.
void move_later(WholeSet& all) {
  std::set<std::string> now;
  for (const auto& [name, change] : all.changes)
    if (change.from) now.merge(together_with(name, all.changes));
  std::erase_if(all.changes, [&](const auto& one) {
    if (now.contains(one.first)) return false;
    all.later.insert(one);
    return true;
  });
}

/// Packages with another policy stay in the nodes as they are.
void skip_unmet(WholeSet& all, const Snapshot& snapshot, PackageActions& questions) {
  for (auto& [name, why] : to_skip(all.changes, snapshot, questions)) {
    all.skipped[name] = {why, std::move(all.changes.at(name).requests)};
    all.changes.erase(name);
  }
}

/// What no node can do, if the administrator wants the files to change all the same.
void skip_as_configured(WholeSet& all, const Snapshot& snapshot) {
  for (const std::string& name : snapshot.skipped)
    for (PackageChanges* changes : {&all.changes, &all.later}) {
      const auto found = changes->find(name);
      if (found == changes->end()) continue;
      all.skipped[name] = {skipped_by_administrator, std::move(found->second.requests)};
      changes->erase(found);
    }
}

RunRecord::Package recorded(const std::string& name, const PackageChange& change) {
  const bool removed = change.to.name.empty();
  return {name, change.from ? change.from->version : "", change.to.version, change.requests, false, removed};
}

}  // namespace

bool concerns_nodes(const Snapshot& snapshot) {
  const auto hooked = [&](const std::string& name) {
    return std::ranges::find(snapshot.hooked, name) != snapshot.hooked.end();
  };
  return std::ranges::any_of(snapshot.removed, hooked) ||
         std::ranges::any_of(snapshot.archives,
                             [](const Archive& archive) { return archive.member.has_value(); });
}

std::set<std::string> to_bring_in_sync(const RunRecord& record, const std::set<std::string>& back,
                                       const Snapshot& snapshot) {
  PackageChanges stale;
  Packages others;
  for (const std::string& name : snapshot.hooked) {
    const InstalledPackage* now = find(snapshot, name);
    if (now == nullptr) continue;
    const RunRecord::Group* group = record.group_of(name);
    if (group == nullptr && is_used(snapshot.backup(name))) {
      stale[name].to = now->relations;
    } else {
      others[name] = now->relations;
      if (back.contains(name)) others[name].version = group->find(name)->from;
    }
  }
  std::set<std::string> names;
  const auto skipped = to_skip(stale, others);
  for (const auto& [name, change] : stale)
    if (!skipped.contains(name)) names.insert(name);
  return names;
}

WholeSet whole_set(const Snapshot& snapshot, PackageActions& questions) {
  WholeSet all;
  const MovedApps dropped = dropped_apps(snapshot);
  MovedApps moved = dropped;
  for (const Archive& archive : snapshot.archives)
    if (archive.relations) add_change(archive, moved, all, snapshot);
  for (const auto& [app, one] : dropped)
    if (!moved.contains(app)) leave_out(app, one.from, all);
  for (const auto& [name, package] : *snapshot.packages)
    if (is_removed(snapshot, name)) add_removal(name, moved, all, snapshot);
  move_later(all);
  skip_as_configured(all, snapshot);
  skip_unmet(all, snapshot, questions);
  return all;
}

std::set<std::string> names_of(const PackageChanges& changes) {
  const auto keys = changes | std::views::keys;
  return {keys.begin(), keys.end()};
}

RunRecord::Group group_of(const WholeSet& set) {
  RunRecord::Group group;
  for (const std::string& name : node_order(names_of(set.changes), set.changes))
    group.packages.push_back(recorded(name, set.changes.at(name)));
  for (const auto& [name, change] : set.later)
    group.packages.push_back({name, "", change.to.version, {}});
  // Without a record, the scriptlets of these packages would take the run for one without a plugin.
  if (group.packages.empty())
    for (const auto& [name, skipped] : set.skipped)
      group.packages.push_back({.name = name});
  return group;
}

std::vector<Request> requests_of(const RunRecord::Group& group) {
  std::vector<Request> requests;
  for (const RunRecord::Package& package : group.packages)
    std::ranges::copy(package.requests, std::back_inserter(requests));
  return requests;
}

PackageActions skipped_warnings(const WholeSet& set) {
  PackageActions actions;
  for (const auto& [name, skipped] : set.skipped)
    actions.push_back(Warn{name + ": skipped until the nodes are restarted: " + skipped.why});
  return actions;
}

void drop_backup(const std::string& package, const Snapshot& snapshot, PackageActions& actions) {
  const auto backup = snapshot.backups.find(package);
  if (backup != snapshot.backups.end() && !is_used(backup->second)) actions.push_back(DropBackup{package});
}

}  // namespace erlrc
