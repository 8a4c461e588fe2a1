// SPDX-License-Identifier: BSD-3-Clause
#include "hand_over.hpp"

#include <algorithm>
#include <cstddef>
#include <iterator>
#include <utility>

#include <erlrc/transaction/requests.hpp>

#include "candidates.hpp"
#include "moved_apps.hpp"

namespace erlrc {
namespace {

/// Whether an archive of the run has another version of the package than the one that is installed.
bool is_replaced(const InstalledPackage& package, const Snapshot& snapshot) {
  return std::ranges::any_of(snapshot.archives, [&](const Archive& archive) {
    return archive.relations && archive.relations->name == package.relations.name &&
           archive.relations->version != package.relations.version;
  });
}

/// Whether `taker` has the application and is configured: then no call of its hooks is left that could change
/// nodes.
bool is_past(const std::string& taker, const Atom& app, const Snapshot& snapshot) {
  if (!snapshot.packages) return false;
  const auto now = snapshot.packages->find(taker);
  return now != snapshot.packages->end() && !now->second.half_installed &&
         !is_to_be_configured(now->second) && ships(now->second.member, app) &&
         !is_replaced(now->second, snapshot);
}

bool waits_in_another(const Atom& app, const Snapshot& snapshot) {
  return snapshot.packages && std::ranges::any_of(*snapshot.packages, [&](const auto& one) {
           return one.first != snapshot.package && is_to_be_configured(one.second) &&
                  ships(one.second.member, app);
         });
}

PackagedApps apps_of(const Snapshot& snapshot) {
  return managed_apps(snapshot.installed).value_or(PackagedApps{});
}

}  // namespace

/// APT may remove the old package by a call of dpkg that does not name the archive of the new one.
bool comes_with_another(const Atom& app, const Snapshot& snapshot) {
  if (waits_in_another(app, snapshot)) return true;
  const auto comes_with = [&](const std::string& taker) {
    return taker != snapshot.package && !is_past(taker, app, snapshot);
  };
  if (const auto moved = snapshot.moves.find(app); moved != snapshot.moves.end())
    return comes_with(moved->second);
  return std::ranges::any_of(snapshot.archives, [&](const Archive& archive) {
    return archive.relations && ships(archive.member, app) && comes_with(archive.relations->name);
  });
}

bool must_open(const Snapshot& snapshot) {
  const bool removed = snapshot.moment == Moment::about_to_remove || snapshot.moment == Moment::removed;
  const std::size_t own = removed ? 0 : 1;
  return snapshot.archives.size() > own && !apps_of(snapshot).empty() &&
         !(snapshot.packages && snapshot.opened);
}

PackagedApps handed_over(const Snapshot& snapshot) {
  PackagedApps apps = apps_of(snapshot);
  std::erase_if(apps, [&](const PackagedApp& app) { return !comes_with_another(app.app, snapshot); });
  return apps;
}

PackagedApps left_to_others(const Snapshot& snapshot) {
  if (!snapshot.packages) return {};
  PackagedApps apps = apps_of(snapshot);
  std::erase_if(apps, [&](const PackagedApp& app) {
    return comes_with_another(app.app, snapshot) ||
           shipped_by_another(app.app, snapshot.package, snapshot) == nullptr;
  });
  return apps;
}

bool is_kept_for_another(const std::string& package, const Snapshot& snapshot) {
  return std::ranges::any_of(snapshot.backup(package), [&](const PackagedApp& app) {
    return comes_with_another(app.app, snapshot) ||
           shipped_by_another(app.app, snapshot.package, snapshot) != nullptr;
  });
}

void keep_for_another(PackagedApps handed, const PackagedApps& left, const Snapshot& snapshot,
                      PackageActions& actions, PackageActions& questions) {
  PackagedApps apps = std::move(handed);
  std::ranges::copy(left, std::back_inserter(apps));
  // A backup that nodes run stays as it is.
  const PackagedApps& backup = snapshot.backup(snapshot.package);
  apps = without_other_backups(std::move(apps), backup);
  if (apps.empty() || is_used(backup)) return;
  PackageVersions versions{.installed = apps, .nodes = snapshot.versions().nodes};
  if (ask({Ask::What::would_change, requests_for(Moment::about_to_remove, versions)}, snapshot, questions))
    actions.push_back(BackUp{snapshot.package, std::move(apps)});
}

bool must_look_up(const Snapshot& snapshot) {
  const PackagedApps own = apps_of(snapshot);
  return !snapshot.packages && std::ranges::any_of(snapshot.backups, [&](const auto& one) {
    return one.first != snapshot.package && std::ranges::any_of(one.second, [&](const PackagedApp& app) {
             return find_app(own, app.app) != nullptr;
           });
  });
}

std::map<std::string, PackagedApps> taken_over(const Snapshot& snapshot) {
  std::map<std::string, PackagedApps> taken;
  if (!snapshot.packages) return taken;
  const PackagedApps own = apps_of(snapshot);
  for (const auto& [name, backup] : snapshot.backups) {
    const auto now = snapshot.packages->find(name);
    const bool has_apps = now != snapshot.packages->end() && now->second.member;
    if (name == snapshot.package || has_apps) continue;
    PackagedApps apps;
    std::ranges::copy_if(backup, std::back_inserter(apps),
                         [&](const PackagedApp& app) { return find_app(own, app.app) != nullptr; });
    if (!apps.empty()) taken[name] = std::move(apps);
  }
  return taken;
}

}  // namespace erlrc
