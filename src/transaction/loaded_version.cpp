// SPDX-License-Identifier: BSD-3-Clause
#include "loaded_version.hpp"

#include <algorithm>
#include <utility>

#include <erlrc/transaction/requests.hpp>

#include "candidates.hpp"

namespace erlrc {
namespace {

/// Whether nodes run this version of the package and no other one; also if it was not asked yet.
bool is_loaded(const InstalledPackage& package, const Snapshot& snapshot, PackageActions& questions) {
  if (!package.member) return false;
  auto starts = for_nodes(package.member->nodes, start_all(package.member->apps, {}));
  return !ask({Ask::What::needs_backup, std::move(starts)}, snapshot, questions);
}

}  // namespace

Snapshot with_loaded_versions(Snapshot snapshot, PackageActions& questions) {
  for (auto& [name, package] : *snapshot.packages) {
    if (package.others.empty() || is_loaded(package, snapshot, questions)) continue;
    const auto loaded = std::ranges::find_if(
        package.others, [&](const InstalledPackage& other) { return is_loaded(other, snapshot, questions); });
    if (loaded == package.others.end()) continue;
    InstalledPackage first = std::move(*loaded);
    first.others = std::exchange(package.others, {});
    first.others.erase(first.others.begin() + (loaded - first.others.begin()));
    first.others.push_back(std::exchange(package, {}));
    package = std::move(first);
  }
  return snapshot;
}

}  // namespace erlrc
