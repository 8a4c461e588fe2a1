// SPDX-License-Identifier: BSD-3-Clause
#include "unpacked_end.hpp"

#include <algorithm>
#include <iterator>
#include <ranges>
#include <string>

#include <erlrc/transaction/requests.hpp>

#include "whole_set.hpp"

namespace erlrc {
namespace {

using State = RunRecord::State;
using Group = RunRecord::Group;
using Package = RunRecord::Package;

/// The argument of rpm that means this version: without its epoch.
std::string label(const std::string& name, const std::string& version) {
  return name + "-" + version.substr(version.find(':') + 1);
}

/// Whether two versions of a package are installed in the directory of its backup, which then has the files
/// of one of them.
bool is_overwritten(const std::string& name, const Snapshot& snapshot) {
  const InstalledPackage* now = find_installed(snapshot, name);
  if (now == nullptr) return false;
  PackagedApps apps = apps_of(*now);
  for (const InstalledPackage& other : now->others)
    if (other.member) std::ranges::copy(other.member->apps, std::back_inserter(apps));
  return std::ranges::any_of(snapshot.backup(name), [&](const PackagedApp& old) {
    return std::ranges::count_if(apps, [&](const PackagedApp& app) {
             return app.app == old.app && app.location.in_path == old.location.in_path;
           }) > 1;
  });
}

/// Whether the recorded version is installed.
bool has_come(const Package& package, const Snapshot& snapshot) {
  const InstalledPackage* now = find_installed(snapshot, package.name);
  return now != nullptr && now->relations.version == package.version;
}

/// The nodes were not asked: nothing was replaced, or rpm was killed before.
void end_not_asked(const Group& group, Come& come, const Snapshot& snapshot, PackageActions& actions) {
  std::vector<Package> both;
  for (const Package& package : group.packages) {
    if (!has_come(package, snapshot)) {
      drop_backup(package.name, snapshot, actions);
    } else if (!find_installed(snapshot, package.name)->others.empty()) {
      both.push_back(package);
      drop_unneeded(package.name, snapshot, actions);
    } else {
      if (!snapshot.backup(package.name).empty()) come.stale.insert(package.name);
      come.packages.push_back(package);
    }
  }
  name_way_out(both, actions);
}

/// rpm was killed while nodes were being asked.
void roll_back_all(const Group& group, const Snapshot& snapshot, PackageActions& actions) {
  std::vector<Package> both, there;
  for (const Package& package : group.packages) {
    const InstalledPackage* now = find_installed(snapshot, package.name);
    if (now == nullptr) continue;
    there.push_back(package);
    if (!now->others.empty()) both.push_back(package);
  }
  roll_back_tried(there, actions);
  for (const Package& package : there)
    drop_unneeded(package.name, snapshot, actions);
  name_way_out(both, actions);
}

}  // namespace

const InstalledPackage* find_installed(const Snapshot& snapshot, const std::string& name) {
  const auto found = snapshot.packages->find(name);
  return found == snapshot.packages->end() ? nullptr : &found->second;
}

PackagedApps apps_of(const InstalledPackage& package) {
  return package.member ? managed_apps(package.member).value_or(PackagedApps{}) : package.listed;
}

void drop_unneeded(const std::string& name, const Snapshot& snapshot, PackageActions& actions) {
  if (!is_overwritten(name, snapshot)) drop_backup(name, snapshot, actions);
}

void name_way_out(const std::vector<Package>& packages, PackageActions& actions) {
  std::string names, labels;
  for (const Package& package : packages) {
    if (package.from.empty() || package.removed) continue;
    names += (names.empty() ? "" : ", ") + package.name;
    labels += " " + label(package.name, package.version);
  }
  if (names.empty()) return;
  actions.push_back(Warn{"both versions stay installed, and nodes run the old ones: " + names});
  actions.push_back(
      Warn{"`dnf history undo last` or `rpm --erase" + labels +
           "` removes the new ones; to keep them instead, restart the nodes and erase the old ones"});
}

void roll_back_tried(const std::vector<Package>& packages, PackageActions& actions) {
  for (const Package& package : std::views::reverse(packages))
    if (!package.requests.empty())
      actions.push_back(RollBack{package.name, all_reversed(package.requests), {}});
}

Come end_unpacked(RunRecord& record, const Snapshot& snapshot, PackageActions& actions) {
  Come come;
  for (const Group& group : record.groups) {
    if (!group.unpacked) continue;
    if (group.state == State::unpacking) end_not_asked(group, come, snapshot, actions);
    if (group.state == State::trying) roll_back_all(group, snapshot, actions);
    if (group.state == State::failed)
      for (const Package& package : group.packages)
        drop_unneeded(package.name, snapshot, actions);
  }
  std::erase_if(record.groups,
                [](const Group& group) { return group.unpacked && group.state != State::done; });
  return come;
}

}  // namespace erlrc
