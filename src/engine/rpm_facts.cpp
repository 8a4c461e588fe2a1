// SPDX-License-Identifier: BSD-3-Clause
#include <erlrc/engine/rpm_facts.hpp>

#include <algorithm>
#include <iterator>
#include <map>
#include <optional>
#include <utility>

#include <erlrc/base/error.hpp>
#include <erlrc/site/rpm.hpp>
#include <erlrc/sys/environment.hpp>
#include <erlrc/sys/file.hpp>
#include <erlrc/sys/parallel.hpp>
#include <erlrc/sys/process.hpp>

#include "rpm_archives.hpp"

namespace erlrc {
namespace {

namespace fs = std::filesystem;

std::optional<ControlMember> archive_member(const std::string& archive, const RpmArchive& opened,
                                            Deadline until) {
  const auto file = member_path(opened.package);
  if (!file) return std::nullopt;
  const auto text = file_of_archive(archive, opened, *file, until);
  if (!text) throw Error(archive + ": cannot read " + *file);
  return parse_control_member(*text, archive);
}

/// The versions that the record has of its packages.
std::map<std::string, std::string> recorded_versions(const RunRecord& record) {
  std::map<std::string, std::string> versions;
  for (const RunRecord::Group& group : record.groups)
    for (const RunRecord::Package& package : group.packages)
      versions[package.name] = package.version;
  return versions;
}

}  // namespace

std::filesystem::path rpm_members() {
  return environment("ERLRC_PACKAGES").value_or(members_in_archives);
}

RpmFacts::RpmFacts(RpmElements elements, milliseconds timeout, std::set<std::string> skipped, RpmAnswer early)
    : elements_(std::move(elements)),
      timeout_(timeout),
      skipped_(std::move(skipped)),
      early_(std::move(early)),
      members_(rpm_members()) {}

std::string RpmFacts::advice(const std::string& package) const {
  return "`dnf upgrade --exclude=" + package +
         "` keeps the version that is installed; `retry = on` in erlrc.conf(5) tries again";
}

Snapshot RpmFacts::load(Moment moment, const Site& site, Streams&) const {
  Snapshot snapshot;
  const ProcessId caller = calling_program();
  snapshot.moment = moment;
  snapshot.run = std::to_string(caller.pid) + " " + caller.start;
  snapshot.desired = site.desired;
  snapshot.hooked = directory_names(members_).value_or(std::vector<std::string>{});
  for (const std::string& archive : elements_.archives)
    snapshot.archives.push_back({archive});
  for (const auto& [name, versions] : elements_.removed)
    snapshot.removed.insert(name);
  snapshot.skipped = skipped_;
  return snapshot;
}

void RpmFacts::look_up(const RunRecord& record, Snapshot& snapshot) const {
  const auto recorded = recorded_versions(record);
  std::set<std::string> names(snapshot.hooked.begin(), snapshot.hooked.end());
  for (const auto& [name, version] : recorded)
    names.insert(name);
  for (const Archive& archive : snapshot.archives)
    if (archive.member) names.insert(archive.relations->name);
  snapshot.packages.emplace();
  for (const auto& [name, all] : instances(names)) {
    const auto removed = elements_.removed.find(name);
    const auto stays = [&](const RpmPackage& one) {
      return removed == elements_.removed.end() || !removed->second.contains(one.relations.version);
    };
    if (std::ranges::any_of(all, stays)) snapshot.removed.erase(name);
    const auto other = recorded.find(name);
    const auto counts = std::ranges::find_if(all, [&](const RpmPackage& one) {
      return other != recorded.end() && one.relations.version == other->second;
    });
    InstalledPackage& now = (*snapshot.packages)[name];
    now = installed(counts == all.end() ? all.front() : *counts);
    for (const RpmPackage& one : all)
      if (one.relations.version != now.relations.version) now.others.push_back(installed(one));
  }
  const auto list = [&](const std::string& name) {
    const auto now = snapshot.packages->find(name);
    if (now != snapshot.packages->end() && !now->second.member)
      now->second.listed = listed_apps({.relations = now->second.relations});
  };
  for (const auto& [name, version] : recorded)
    list(name);
  for (Archive& archive : snapshot.archives) {
    const std::string name = archive.relations ? archive.relations->name : "";
    const auto now = snapshot.packages->find(name);
    if (archive.member)
      list(name);
    else if (now != snapshot.packages->end() && now->second.member)
      archive.member = last_member(archive.path);
  }
}

std::map<std::string, RpmFacts::Instances> RpmFacts::instances(const std::set<std::string>& names) const {
  std::map<std::string, Instances> all;
  if (names.empty()) return all;
  const RpmAnswer answer = early_.covers(names) ? early_ : RpmAnswer(names, timeout_);
  for (const RpmPackage& found : answer.packages())
    if (names.contains(found.relations.name)) all[found.relations.name].push_back(found);
  for (auto& [name, versions] : all)
    std::ranges::stable_sort(versions, {}, &RpmPackage::instance);
  return all;
}

std::optional<ControlMember> RpmFacts::installed_member(const RpmPackage& package) const {
  const fs::path file = members_ / package.relations.name / package.relations.version;
  const auto text = read_file_if_exists(file);
  if (!text) return std::nullopt;
  try {
    return parse_control_member(*text, file.string());
  } catch (const Error&) {
    return std::nullopt;
  }
}

PackagedApps RpmFacts::listed_apps(const RpmPackage& package) const {
  return installed_apps(package.relations.name, package.relations.version, after(timeout_));
}

ControlMember RpmFacts::last_member(const std::string& archive) const {
  const auto read = [&](const fs::path& file) {
    return rpm_archive_file(archive, file, after(timeout_)).value_or("");
  };
  return {apps_among(rpm_archive_files(archive, after(timeout_)), read), PackagePolicy::hot, {}};
}

InstalledPackage RpmFacts::installed(const RpmPackage& package) const {
  return {package.relations, package.arch, false, installed_member(package), {}};
}

InstalledPackage RpmFacts::with_listed(const RpmPackage& package) const {
  InstalledPackage made = installed(package);
  if (!made.member) made.listed = listed_apps(package);
  return made;
}

void RpmFacts::open_archives(const RunRecord&, Snapshot& snapshot) const {
  snapshot.opened = true;
  if (snapshot.archives.empty()) return;
  const Deadline until = after(timeout_);
  auto opened = open_rpm_archives(elements_.archives, until);
  // Several at a time: those that only rpm can read take long.
  const auto read = [&](std::size_t i) {
    snapshot.archives[i].member = archive_member(elements_.archives[i], opened[i], until);
    snapshot.archives[i].relations = std::move(opened[i].package.relations);
  };
  rethrow_first(for_each_parallel(opened.size(), read, threads_as_needed));
}

bool RpmFacts::extract(const fs::path& archive, const fs::path& directory) const {
  return extract_rpm(archive, directory, after(timeout_));
}

}  // namespace erlrc
