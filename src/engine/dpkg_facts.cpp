// SPDX-License-Identifier: BSD-3-Clause
#include <erlrc/engine/dpkg_facts.hpp>

#include <algorithm>
#include <filesystem>
#include <functional>
#include <utility>

#include <erlrc/base/error.hpp>
#include <erlrc/base/text.hpp>
#include <erlrc/engine/run_notes.hpp>
#include <erlrc/engine/skipped_packages.hpp>
#include <erlrc/sys/file.hpp>

#include "dependents.hpp"

namespace erlrc {
namespace {

namespace fs = std::filesystem;

/// If there are more archives than these, only those are opened whose file names suggest that they matter.
constexpr std::size_t many_archives = 32;

/// Whether the new version is on disk, in whatever part, or about to be.
bool is_unpacking(Moment moment) {
  return moment == Moment::about_to_unpack || moment == Moment::both_on_disk ||
         moment == Moment::both_on_disk_again || moment == Moment::unpack_failed;
}

bool removes(Moment moment) {
  return moment == Moment::about_to_remove || moment == Moment::removed;
}

bool upgrades(Moment moment) {
  return moment == Moment::both_on_disk || moment == Moment::both_on_disk_again;
}

/// The version in a directory next to that of this one, which is named after it; nullopt unless there
/// is exactly one.
std::optional<PackagedApp> neighbour_of(const PackagedApp& app) {
  const fs::path own = fs::path(app.location.in_path).parent_path();
  const std::string prefix = app.app.name + "-";
  std::optional<PackagedApp> found;
  if (own.filename() != prefix + app.vsn) return found;
  for (const std::string& name : directory_names(own.parent_path()).value_or(std::vector<std::string>{})) {
    const fs::path ebin = own.parent_path() / name / "ebin";
    if (name == own.filename() || !name.starts_with(prefix) || !file_status(ebin / (app.app.name + ".app")))
      continue;
    if (found) return std::nullopt;
    found = PackagedApp{app.app, name.substr(prefix.size()), ebin.string()};
  }
  return found;
}

/// An unreadable member counts as absent: its own package fails for it, when its turn comes.
std::optional<ControlMember> member_in(const std::string& archive, Deadline until) {
  const auto text = archive_member(archive, "erlrc", until);
  if (!text) return std::nullopt;
  try {
    return parse_control_member(*text, archive);
  } catch (const Error&) {
    return std::nullopt;
  }
}

/// dpkg-deb prints the fields as they are; dpkg itself refuses a name that is not a package's.
std::optional<PackageRelations> relations_in(const std::string& archive, Deadline until) {
  const auto control = parse_stanzas(archive_control(archive, until).value_or(""));
  if (control.empty()) return std::nullopt;
  auto relations = relations_of(control.front());
  if (!is_package_name(relations.name)) return std::nullopt;
  return relations;
}

std::string field(const Stanza& stanza, const std::string& name) {
  const auto found = stanza.find(name);
  return found == stanza.end() ? "" : found->second;
}

}  // namespace

DpkgFacts::DpkgFacts(milliseconds timeout)
    : timeout_(timeout), package_(calling_package()), dpkg_(calling_dpkg()) {}

std::string DpkgFacts::advice(const std::string& package) const {
  return "`apt-mark hold " + package +
         "` keeps the version that is installed; `apt-get -o Erlrc::Retry=on` tries again";
}

bool DpkgFacts::is_of_another(const Atom& app, const std::string& vsn) const {
  return std::ranges::any_of(admin_.members(), [&](const auto& one) {
    const auto* shipped = one.first == package_.name ? nullptr : find_app(one.second.apps, app);
    return shipped != nullptr && shipped->vsn == vsn && one.second.policy == PackagePolicy::hot;
  });
}

Snapshot DpkgFacts::load(Moment moment, const Site& site, Streams& streams) const {
  Snapshot snapshot;
  snapshot.moment = moment;
  snapshot.package = package_.name;
  snapshot.run = std::to_string(dpkg_.id.pid) + " " + dpkg_.id.start;
  snapshot.desired = site.desired;
  snapshot.installed = installed_member(moment, streams);
  snapshot.skipped = load_skipped_packages();
  for (const fs::path& archive : dpkg_.archives)
    snapshot.archives.push_back({archive.string()});
  if (is_unpacking(moment)) snapshot.unpacking = admin_.unpacking_member();
  if (upgrades(moment) || moment == Moment::about_to_unpack)
    for (const Stanza& stanza : parse_stanzas(admin_.unpacking_control().value_or("")))
      snapshot.unpacking_relations = relations_of(stanza);
  if (upgrades(moment) || removes(moment) || moment == Moment::configured)
    snapshot.hooked = admin_.hooked_packages();
  // The package stays installed for another architecture, with the same applications.
  if (removes(moment) && std::ranges::count(snapshot.hooked, package_.name) > 1) snapshot.installed.reset();
  if (moment == Moment::configured) snapshot.dependents = not_started(snapshot);
  if (upgrades(moment) || removes(moment) || moment == Moment::forgotten) snapshot.moves = load_moved_apps();
  snapshot.removal_refused =
      moment == Moment::removed && load_run_notes(refused_removals).contains(package_.name);
  if (moment == Moment::about_to_unpack && !snapshot.installed && managed_apps(snapshot.unpacking))
    snapshot.listed = admin_.listed(package_);
  if (upgrades(moment) && snapshot.installed && !snapshot.unpacking)
    for (const PackagedApp& app : snapshot.installed->apps)
      if (auto next = neighbour_of(app)) snapshot.neighbours[app.app] = *std::move(next);
  return snapshot;
}

/// Where it cannot be read, the package is refused when its applications are to be started.
std::optional<ControlMember> DpkgFacts::installed_member(Moment moment, Streams& streams) const {
  try {
    return admin_.checked_member(package_);
  } catch (const Error& error) {
    if (moment == Moment::configured || moment == Moment::stays_installed) throw;
    streams.err += "erlrc-hook: warning: " + one_line(error.what()) +
                   ": nothing is known of the applications of " + package_.name + "\n";
    return std::nullopt;
  }
}

/// What is installed for another architecture, too, stays.
bool DpkgFacts::is_removed(const std::string& package, const Snapshot& snapshot) const {
  return std::ranges::count(snapshot.hooked, package) <= 1 &&
         std::ranges::any_of(dpkg_.removals, [&](const std::string& argument) {
           return argument.substr(0, argument.find(':')) == package;
         });
}

std::vector<Dependent> DpkgFacts::not_started(Snapshot snapshot) const {
  const std::set<std::string> failed = load_run_notes(failed_starts);
  if (failed.empty()) return {};
  look_up({}, snapshot);
  return dependents(snapshot, [&](const std::string& name) { return failed.contains(name); });
}

std::vector<Dependent> DpkgFacts::dependents(const Snapshot& snapshot,
                                             const std::function<bool(const std::string&)>& counts) const {
  std::map<std::string, ControlMember> others;
  for (const auto& [name, package] : *snapshot.packages)
    if (package.member && name != package_.name && counts(name)) others[name] = *package.member;
  return dependents_of(managed_apps(snapshot.installed).value_or(PackagedApps{}), others);
}

void DpkgFacts::look_up(const RunRecord& record, Snapshot& snapshot) const {
  if (snapshot.packages) return;
  if (snapshot.hooked.empty()) snapshot.hooked = admin_.hooked_packages();
  std::vector<std::string> names = snapshot.hooked;
  names.push_back(package_.name);
  for (const Archive& archive : snapshot.archives)
    names.push_back(package_of_file_name(archive.path));
  for (const RunRecord::Group& group : record.groups)
    for (const RunRecord::Package& package : group.packages)
      names.push_back(package.name);
  snapshot.packages.emplace();
  query(names, snapshot);
  if (!removes(snapshot.moment)) return;
  snapshot.dependents = dependents(snapshot, [](const std::string&) { return true; });
  for (Dependent& one : snapshot.dependents)
    one.removed = is_removed(one.package, snapshot);
}

bool DpkgFacts::extract(const fs::path& archive, const fs::path& directory) const {
  return extract_archive(archive, directory, after(timeout_));
}

/// If a package is installed for several architectures, that of the calling package counts. The names may be
/// those of files, which need not be named after packages.
void DpkgFacts::query(std::vector<std::string> names, Snapshot& snapshot) const {
  std::erase_if(names, std::not_fn(is_package_name));
  if (names.empty()) return;
  for (const Stanza& stanza : parse_stanzas(query_packages(admin_.path(), names, after(timeout_)))) {
    const std::string status = field(stanza, "Status");
    if (status.empty() || status.ends_with(" not-installed") || status.ends_with(" config-files")) continue;
    PackageRelations relations = relations_of(stanza);
    const std::string name = relations.name;
    const std::string arch = field(stanza, "Architecture");
    if (snapshot.packages->contains(name) && arch != package_.arch) continue;
    (*snapshot.packages)[name] = {.relations = std::move(relations),
                                  .arch = arch,
                                  .half_installed = status.ends_with(" half-installed"),
                                  .member = admin_.member({name, arch}),
                                  .half_configured = status.ends_with(" half-configured"),
                                  .unpacked = status.ends_with(" unpacked")};
  }
}

/// Files are usually named after their packages, but need not be.
void DpkgFacts::open_archives(const RunRecord&, Snapshot& snapshot) const {
  const Deadline until = after(timeout_);
  for (Archive& archive : snapshot.archives)
    if (snapshot.archives.size() <= many_archives ||
        may_concern(snapshot, package_of_file_name(archive.path)))
      archive.relations = relations_in(archive.path, until);
  if (own_archive(snapshot) == snapshot.archives.size())
    for (Archive& archive : snapshot.archives)
      if (!archive.relations) archive.relations = relations_in(archive.path, until);
  std::vector<std::string> unknown;
  for (const Archive& archive : snapshot.archives)
    if (archive.relations && !snapshot.packages->contains(archive.relations->name) &&
        archive.relations->name != package_of_file_name(archive.path))
      unknown.push_back(archive.relations->name);
  query(unknown, snapshot);
  // What the calling package loses may come, or have come, with any of them.
  const bool loses = removes(snapshot.moment) || !snapshot.unpacking;
  for (std::size_t place = loses ? 0 : own_archive(snapshot) + 1; place < snapshot.archives.size(); ++place) {
    Archive& archive = snapshot.archives[place];
    if (!archive.relations || archive.relations->name == snapshot.package) continue;
    archive.member = member_in(archive.path, until);
    const auto now = snapshot.packages->find(archive.relations->name);
    if (archive.member && now != snapshot.packages->end() && !now->second.member)
      now->second.listed = admin_.listed({now->first, now->second.arch});
  }
  snapshot.opened = true;
}

}  // namespace erlrc
