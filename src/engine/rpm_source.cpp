// SPDX-License-Identifier: BSD-3-Clause
#include <erlrc/engine/rpm_source.hpp>

#include <algorithm>
#include <optional>
#include <set>

#include <erlrc/base/error.hpp>
#include <erlrc/engine/rpm_facts.hpp>
#include <erlrc/sys/file.hpp>
#include <erlrc/sys/parallel.hpp>

#include "rpm_archives.hpp"

namespace erlrc {

TransactionSource RpmTransaction::source() {
  return {[this] { return changes(); },
          [this](const std::filesystem::path& archive) { return files_.at(place_of(archive)); },
          [this](const std::filesystem::path& archive) {
            return std::optional(opened_.at(place_of(archive)).package.relations);
          }};
}

void RpmTransaction::open() {
  if (opened_.empty()) opened_ = open_rpm_archives(elements_.archives, until_);
  files_.resize(opened_.size());
}

bool RpmTransaction::concerns_nodes() {
  const auto has_hooks = [](const auto& removed) {
    return file_status(rpm_members() / removed.first).has_value();
  };
  if (std::ranges::any_of(elements_.removed, has_hooks)) return true;
  open();
  return std::ranges::any_of(
      opened_, [](const RpmArchive& one) { return member_path(one.package) || !one.app_files.empty(); });
}

std::set<std::string> RpmTransaction::packages() {
  open();
  std::set<std::string> names;
  for (const RpmArchive& one : opened_)
    names.insert(one.package.relations.name);
  return names;
}

std::vector<ChangedPackage> RpmTransaction::changes() {
  open();
  std::vector<ChangedPackage> changes(opened_.size());
  rethrow_first(for_each_parallel(
      opened_.size(), [&](std::size_t i) { changes[i] = change_of(i); }, threads_as_needed));
  std::set<std::string> come;
  for (const ChangedPackage& change : changes)
    come.insert(change.package);
  for (const auto& [name, versions] : elements_.removed)
    if (!come.contains(name))
      if (ChangedPackage removal = removal_of(name); !removal.old_version.empty())
        changes.push_back(std::move(removal));
  return changes;
}

/// A control member of a version that has none of its own: its neighbour in the transaction has one, so nodes
/// follow it, too. Nullopt: it has no applications.
std::optional<Bytes> RpmTransaction::member_of_apps(const PackagedApps& apps) {
  Bytes text;
  for (const PackagedApp& app : apps)
    text += app.app.name + " " + app.vsn + " " + app.location.in_path + "\n";
  return text.empty() ? std::nullopt : std::optional(text);
}

void RpmTransaction::add_files(ChangedPackage& change, std::size_t i) {
  const auto member = member_path(opened_[i].package);
  if (!member && !change.installed) {
    if (!change.old_version.empty()) change.app_files = opened_[i].app_files;
    return;
  }
  files_[i] = files_of_archive(elements_.archives[i], opened_[i], until_);
  if (!member) {
    const auto read = [&](const std::filesystem::path& file) { return files_[i].read(file).value_or(""); };
    change.unpacking = member_of_apps(apps_among(opened_[i].app_files, read));
    return;
  }
  change.unpacking = files_[i].read(*member);
  if (!change.unpacking) throw Error(elements_.archives[i] + ": cannot read " + *member);
  if (!change.installed && !change.old_version.empty())
    change.installed = member_of_apps(installed_apps(change.package, change.old_version, until_));
}

ChangedPackage RpmTransaction::change_of(std::size_t i) {
  const RpmPackage& package = opened_[i].package;
  ChangedPackage change;
  change.package = package.relations.name;
  change.architecture = package.arch;
  change.new_version = package.relations.version;
  change.archive = elements_.archives[i];
  add_installed(change);
  try {
    add_files(change, i);
  } catch (const Error& error) {
    change.unreadable = error.what();
  }
  return change;
}

/// Without an old version: one of the package stays.
ChangedPackage RpmTransaction::removal_of(const std::string& name) const {
  ChangedPackage removal;
  removal.package = name;
  const auto& erased = elements_.removed.at(name);
  const auto installed = directory_names(rpm_members() / name).value_or(std::vector<std::string>{});
  const bool stays =
      std::ranges::any_of(installed, [&](const std::string& version) { return !erased.contains(version); });
  if (!stays) add_installed(removal);
  return removal;
}

/// If several versions are erased, the one with a control member counts.
void RpmTransaction::add_installed(ChangedPackage& change) const {
  const auto erased = elements_.removed.find(change.package);
  if (erased == elements_.removed.end()) return;
  for (const std::string& version : erased->second) {
    if (change.installed) return;
    change.old_version = version;
    change.installed = read_file_if_exists(rpm_members() / change.package / version);
  }
}

std::size_t RpmTransaction::place_of(const std::filesystem::path& archive) const {
  const auto found = std::ranges::find(elements_.archives, archive.string());
  return static_cast<std::size_t>(found - elements_.archives.begin());
}

}  // namespace erlrc
