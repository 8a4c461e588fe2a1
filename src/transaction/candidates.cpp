// SPDX-License-Identifier: BSD-3-Clause
#include "candidates.hpp"

#include <algorithm>
#include <set>
#include <utility>

#include <erlrc/transaction/requests.hpp>

#include "moved_apps.hpp"

namespace erlrc {
namespace {

const InstalledPackage* find(const Snapshot& snapshot, const std::string& name) {
  const auto found = snapshot.packages->find(name);
  return found == snapshot.packages->end() ? nullptr : &found->second;
}

/// Whether a node runs another version of the package's applications than the one on disk, and will do so
/// until it is restarted. One with a backup that is still to be configured is upgraded then.
bool needs_restart(const std::string& name, const Snapshot& snapshot, PackageActions& questions) {
  const InstalledPackage* now = find(snapshot, name);
  if (now == nullptr || !now->member) return false;
  if (is_to_be_configured(*now) && !snapshot.backup(name).empty()) return false;
  return ask({Ask::What::needs_restart, for_nodes(now->member->nodes, start_all(now->member->apps, {}))},
             snapshot, questions);
}

PackageChange own_change(const Snapshot& snapshot, std::vector<Request> requests) {
  PackageChange change{{}, snapshot.unpacking_relations, std::move(requests)};
  if (const InstalledPackage* now = find(snapshot, snapshot.package)) change.from = now->relations;
  change.to.name = snapshot.package;
  return change;
}

/// What is new on this host is desired only if its archive declares so.
void leave_undesired(PackageChange& change, const Snapshot& snapshot) {
  const auto staged = snapshot.staged.find(change.archive);
  if (staged == snapshot.staged.end()) return;
  std::erase_if(change.requests,
                [&](const Request& request) { return !staged->second.desired.contains(request.app); });
}

/// A package whose files the package manager has not touched yet: its new files are taken from the archive.
/// One that has not been managed until now is not adopted in passing.
std::optional<PackageChange> coming(const Archive& archive, const Snapshot& snapshot, Packages& unmanaged) {
  const std::string& name = archive.relations->name;
  const InstalledPackage* now = find(snapshot, name);
  const bool known = now != nullptr && now->member;
  auto apps = managed_apps(archive.member);
  if (!apps || (known && !managed_apps(now->member))) {
    unmanaged[name] = *archive.relations;
    return std::nullopt;
  }
  for (PackagedApp& app : *apps)
    app.location = Location::staged(app.location.in_path, staged_path(snapshot, name, app.location.in_path));
  const auto& nodes = known ? now->member->nodes : archive.member->nodes;
  if (now == nullptr) {
    PackageChange change{{}, *archive.relations, for_nodes(nodes, start_all(*apps, {})), archive.path};
    leave_undesired(change, snapshot);
    return change;
  }
  const PackagedApps old = with_backup(known ? now->member->apps : now->listed, snapshot.backup(name));
  auto requests = leave_to_others(name, change_all(old, *apps, snapshot.desired), snapshot);
  return PackageChange{now->relations, *archive.relations, for_nodes(nodes, std::move(requests)),
                       archive.path};
}

/// A package that is unpacked already. Its upgrade was done then, unless its old version has no hooks and
/// left it to the moment `configured`; what is new on this host does not run yet.
std::optional<PackageChange> passed(const PackageRelations& relations, const Snapshot& snapshot) {
  const InstalledPackage* now = find(snapshot, relations.name);
  if (now == nullptr || now->half_installed || now->relations.version != relations.version)
    return std::nullopt;
  const auto apps = managed_apps(now->member);
  if (!apps) return std::nullopt;
  const PackagedApps& backup = snapshot.backup(relations.name);
  auto requests =
      backup.empty() ? start_all(*apps, snapshot.desired) : change_all(backup, *apps, snapshot.desired);
  return PackageChange{{}, relations, for_nodes(now->member->nodes, std::move(requests))};
}

/// Whether the package manager is removing it in favour of one of the set, which conflicts with it, and no
/// node runs it any more.
bool is_leaving(const InstalledPackage& now, const PackageChanges& set, const Snapshot& snapshot,
                PackageActions& questions) {
  const auto conflicts = [&](const auto& change) {
    return std::ranges::find(change.second.to.breaks, now.relations.name, &Relation::name) !=
           change.second.to.breaks.end();
  };
  if (!now.half_installed || !now.member || std::ranges::none_of(set, conflicts)) return false;
  PackageVersions versions{now.member->apps};
  versions.nodes = now.member->nodes;
  return !ask({Ask::What::would_change, requests_for(Moment::about_to_remove, versions)}, snapshot,
              questions);
}

/// Whether the package manager has deconfigured it for the set: it is to be replaced, but not in this run.
bool is_deconfigured(const std::string& name, const PackageChanges& set, const Snapshot& snapshot) {
  const InstalledPackage* now = find(snapshot, name);
  return now != nullptr && now->half_configured && !set.contains(name);
}

bool is_damaged(const Archive& archive, const Snapshot& snapshot) {
  const auto staged = snapshot.staged.find(archive.path);
  return staged != snapshot.staged.end() && staged->second.damaged;
}

}  // namespace

bool ask(Ask question, const Snapshot& snapshot, PackageActions& questions) {
  if (question.requests.empty()) return false;
  if (const auto answer = snapshot.answer(question)) return *answer;
  const PackageAction action = std::move(question);
  if (std::ranges::find(questions, action) == questions.end()) questions.push_back(action);
  return false;
}

bool others_possible(const Snapshot& snapshot) {
  return snapshot.archives.size() > 1 || snapshot.hooked.size() > 1;
}

// Archives are unpacked in their order. One that is before the calling package's, and was not unpacked, has
// failed, and does not come any longer. Of several archives of one package the first that is to come counts;
// when the next one comes, that is another upgrade.
Candidates candidates(const Snapshot& snapshot, std::vector<Request> requests, PackageActions& questions) {
  Candidates made;
  PackageChanges changes{{snapshot.package, own_change(snapshot, std::move(requests))}};
  const std::size_t own = own_archive(snapshot);
  std::set<std::string> to_come;
  for (std::size_t place = 0; place < snapshot.archives.size(); ++place) {
    const Archive& archive = snapshot.archives[place];
    if (!archive.relations || archive.relations->name == snapshot.package || is_damaged(archive, snapshot))
      continue;
    if (place > own && !to_come.insert(archive.relations->name).second) continue;
    auto change =
        place > own ? coming(archive, snapshot, made.unmanaged) : passed(*archive.relations, snapshot);
    if (change) changes[archive.relations->name] = *std::move(change);
  }
  pair_moved(changes);
  for (const std::string& name : together_with(snapshot.package, changes)) {
    const PackageChange& change = changes.at(name);
    const bool is_passed = name != snapshot.package && change.archive.empty();
    if (!is_passed || !needs_restart(name, snapshot, questions)) made.set[name] = change;
  }
  if (!questions.empty()) return made;
  for (const auto& [name, change] : made.set)
    if (!change.archive.empty() && !snapshot.staged.contains(change.archive))
      questions.push_back(Stage{name, change.archive});
  return made;
}

std::optional<std::string> unmet_by(const Candidates& candidates, const Snapshot& snapshot,
                                    PackageActions& questions) {
  Packages before;
  for (const auto& [name, now] : *snapshot.packages)
    if (candidates.set.contains(name) ||
        (managed_apps(now.member) && !is_leaving(now, candidates.set, snapshot, questions)))
      before[name] = now.relations;
  Packages after = before;
  for (const auto& [name, relations] : candidates.unmanaged)
    if (after.contains(name)) after[name] = relations;
  for (const auto& [name, change] : candidates.set)
    after[name] = change.to;
  const std::set<Unmet> known = unmet_among(before);
  for (const Unmet& unmet : unmet_among(after))
    if (!known.contains(unmet) && !is_deconfigured(unmet.package, candidates.set, snapshot)) return unmet.why;
  return std::nullopt;
}

std::map<std::string, std::string> to_skip(const PackageChanges& set, const Snapshot& snapshot,
                                           PackageActions& questions) {
  PackageChanges changed = set;
  std::erase_if(changed, [](const auto& one) { return one.second.to.name.empty(); });
  Packages in_nodes;
  for (const auto& [name, now] : *snapshot.packages) {
    if (set.contains(name) || !now.member || is_leaving(now, set, snapshot, questions)) continue;
    in_nodes[name] = now.relations;
    const bool named =
        std::ranges::any_of(set, [&](const auto& one) { return concerns(one.second.to, now.relations); });
    if (named && needs_restart(name, snapshot, questions)) in_nodes[name].version.clear();
  }
  return to_skip(changed, in_nodes);
}

}  // namespace erlrc
