// SPDX-License-Identifier: BSD-3-Clause
#include "unmet_on_disk.hpp"

#include <algorithm>
#include <set>

#include <erlrc/transaction/requests.hpp>
#include <erlrc/transaction/upgrade_set.hpp>

#include "candidates.hpp"
#include "unpacked_end.hpp"

namespace erlrc {
namespace {

/// The relations of all packages when the old versions are gone.
Packages after_run(const Snapshot& snapshot) {
  Packages after;
  for (const auto& [name, now] : *snapshot.packages)
    if (now.member && !snapshot.removed.contains(name)) after[name] = now.relations;
  for (const Archive& archive : snapshot.archives)
    if (archive.member) after[archive.relations->name] = *archive.relations;
  return after;
}

/// Whether a node runs an application of the installed package.
bool is_run(const std::string& package, const Snapshot& snapshot, PackageActions& questions) {
  const InstalledPackage* now = find_installed(snapshot, package);
  if (now == nullptr) return false;
  PackageVersions versions{apps_of(*now)};
  if (now->member) versions.nodes = now->member->nodes;
  return ask({Ask::What::would_change, requests_for(Moment::about_to_remove, versions)}, snapshot, questions);
}

/// Whether nodes have to do with the package: they would follow its change, or they run it and it stays.
bool concerns_nodes(const std::string& package, const WholeSet& set, const Snapshot& snapshot,
                    PackageActions& questions) {
  const auto change = set.changes.find(package);
  const auto skipped = set.skipped.find(package);
  const auto* requests = change != set.changes.end()    ? &change->second.requests
                         : skipped != set.skipped.end() ? &skipped->second.requests
                                                        : nullptr;
  if (requests == nullptr) return is_run(package, snapshot, questions);
  return ask({Ask::What::would_change, *requests}, snapshot, questions);
}

}  // namespace

std::optional<std::string> unmet_on_disk(const WholeSet& set, const Snapshot& snapshot,
                                         PackageActions& questions) {
  Packages before;
  for (const auto& [name, now] : *snapshot.packages)
    if (now.member) before[name] = now.relations;
  const std::set<Unmet> known = unmet_among(before);
  for (const Unmet& unmet : unmet_among(after_run(snapshot))) {
    const auto known_before = [&](const Unmet& one) {
      return one.package == unmet.package && one.by == unmet.by;
    };
    if (std::ranges::any_of(known, known_before)) continue;
    if (concerns_nodes(unmet.package, set, snapshot, questions)) return unmet.why;
  }
  return std::nullopt;
}

}  // namespace erlrc
