// SPDX-License-Identifier: BSD-3-Clause
#include <erlrc/transaction/snapshot.hpp>

#include <algorithm>

namespace erlrc {
namespace {

bool names(const std::vector<Alternatives>& needs, const std::string& package) {
  return std::ranges::any_of(needs, [&](const Alternatives& alternatives) {
    return std::ranges::find(alternatives, package, &Relation::name) != alternatives.end();
  });
}

}  // namespace

std::optional<bool> Snapshot::answer(const Ask& question) const {
  const auto found = std::ranges::find(answers, question, &std::pair<Ask, bool>::first);
  if (found == answers.end()) return std::nullopt;
  return found->second;
}

const PackagedApps& Snapshot::backup(const std::string& name) const {
  static const PackagedApps none;
  const auto found = backups.find(name);
  return found == backups.end() ? none : found->second;
}

PackageVersions Snapshot::versions() const {
  return {managed_apps(installed), managed_apps(unpacking), backup(package), desired,
          installed ? installed->nodes : std::nullopt};
}

std::string staged_path(const Snapshot& snapshot, const std::string& package, const std::string& directory) {
  return snapshot.staging + "/" + package + directory;
}

bool may_concern(const Snapshot& snapshot, const std::string& package) {
  return package == snapshot.package || names(snapshot.unpacking_relations.needs, package) ||
         (snapshot.packages && snapshot.packages->contains(package));
}

bool is_to_be_configured(const InstalledPackage& package) {
  return package.unpacked || package.half_configured;
}

std::size_t own_archive(const Snapshot& snapshot) {
  const std::string& version = snapshot.unpacking_relations.version;
  const auto found = std::ranges::find_if(snapshot.archives, [&](const Archive& archive) {
    return archive.relations && archive.relations->name == snapshot.package &&
           (version.empty() || archive.relations->version == version);
  });
  return static_cast<std::size_t>(found - snapshot.archives.begin());
}

}  // namespace erlrc
