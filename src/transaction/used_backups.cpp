// SPDX-License-Identifier: BSD-3-Clause
#include "used_backups.hpp"

#include <algorithm>
#include <iterator>
#include <optional>
#include <utility>

#include <erlrc/transaction/requests.hpp>

#include "candidates.hpp"
#include "hand_over.hpp"
#include "moved_apps.hpp"

namespace erlrc {
namespace {

/// Whether the calling package is being removed, or is replaced by a version without hooks.
bool is_leaving(const Snapshot& snapshot) {
  switch (snapshot.moment) {
    case Moment::about_to_remove:
    case Moment::removed:
    case Moment::forgotten:
      return true;
    case Moment::both_on_disk:
    case Moment::both_on_disk_again:
      return !snapshot.unpacking;
    default:
      return false;
  }
}

/// Whether the calling package has another version than its backup holds.
bool is_of_another_version(const std::string& package, const Snapshot& snapshot) {
  if (package != snapshot.package) return false;
  const PackagedApps apps = managed_apps(snapshot.installed).value_or(PackagedApps{});
  return !apps.empty() && without_other_backups(apps, snapshot.backup(package)) != apps;
}

/// The package that ships the application once this call is over; absent: none does.
std::optional<ControlMember> shipper(const Atom& app, const Snapshot& snapshot) {
  if (!is_leaving(snapshot) && ships(snapshot.installed, app)) return snapshot.installed;
  const InstalledPackage* other = other_with(app, snapshot.package, snapshot);
  return other == nullptr ? std::nullopt : other->member;
}

bool is_needed(const std::string& package, const Snapshot& snapshot, PackageActions& questions) {
  std::vector<Request> starts;
  for (const PackagedApp& app : snapshot.backup(package)) {
    if (comes_with_another(app.app, snapshot)) return true;
    const auto now = shipper(app.app, snapshot);
    if (const PackagedApp* shipped = now ? find_app(now->apps, app.app) : nullptr)
      std::ranges::move(for_nodes(now->nodes, start_all({*shipped}, {})), std::back_inserter(starts));
  }
  return ask({Ask::What::needs_backup, std::move(starts)}, snapshot, questions);
}

}  // namespace

PackageActions drop_obsolete(const RunRecord& record, const Snapshot& snapshot) {
  PackageActions actions, questions;
  for (const auto& [name, backup] : snapshot.backups) {
    if (!is_used(backup) && !is_of_another_version(name, snapshot)) continue;
    if (record.group_of(name) != nullptr) continue;
    if (!snapshot.packages) return {LookUp{}};
    const auto now = snapshot.packages->find(name);
    if (now == snapshot.packages->end() || !now->second.member) continue;
    const ControlMember& member = *now->second.member;
    if (!ask({Ask::What::needs_backup, for_nodes(member.nodes, start_all(member.apps, {}))}, snapshot,
             questions))
      actions.push_back(DropBackup{name});
  }
  return questions.empty() ? actions : questions;
}

void drop_unneeded_backups(const std::vector<std::string>& packages, const Snapshot& snapshot,
                           PackageActions& actions, PackageActions& questions) {
  const bool any = std::ranges::any_of(
      packages, [&](const std::string& package) { return snapshot.backups.contains(package); });
  if (any && !snapshot.packages) {
    questions.push_back(LookUp{});
    return;
  }
  for (const std::string& package : packages)
    if (snapshot.backups.contains(package) && !is_needed(package, snapshot, questions))
      actions.push_back(DropBackup{package});
}

std::vector<std::string> left_backups(const RunRecord& record, const Snapshot& snapshot) {
  std::vector<std::string> left;
  for (const auto& [name, backup] : snapshot.backups) {
    const bool stays = name == snapshot.package || snapshot.packages->contains(name) ||
                       record.group_of(name) != nullptr || is_kept_for_another(name, snapshot);
    if (!stays) left.push_back(name);
  }
  return left;
}

}  // namespace erlrc
