// SPDX-License-Identifier: BSD-3-Clause
#include "hook_companions.hpp"

#include <algorithm>
#include <set>

#include <erlrc/sys/file.hpp>

namespace erlrc {
namespace {

/// Beyond this many archives, only those are opened whose file names say that they may be of interest.
constexpr std::size_t kMany = 32;

bool names(const std::vector<Alternatives>& needs, const std::string& package) {
  return std::ranges::any_of(needs, [&](const Alternatives& alternatives) {
    return std::ranges::find(alternatives, package, &Relation::name) != alternatives.end();
  });
}

}  // namespace

InstalledPackages query_installed(const AdminDir& admin, const std::vector<std::string>& names) {
  InstalledPackages installed;
  if (names.empty()) return installed;
  for (const Stanza& stanza : parse_stanzas(query_packages(admin.path(), names))) {
    const auto found = stanza.find("Status");
    const std::string status = found == stanza.end() ? "" : found->second;
    if (status.empty() || status.ends_with(" not-installed") || status.ends_with(" config-files")) continue;
    PackageSays says = package_says(stanza);
    const std::string name = says.name;
    installed[name] = {std::move(says), status.ends_with(" half-installed")};
  }
  return installed;
}

Companions::Companions(const CallingPackage& package, const DpkgProcess& dpkg, const AdminDir& admin,
                       const KeptFiles& kept, const IncomingFiles& incoming, HookPerformance& performance,
                       const std::vector<Request>& requests)
    : package_(package),
      dpkg_(dpkg),
      admin_(admin),
      kept_(kept),
      incoming_(incoming),
      performance_(performance) {
  std::vector<std::string> asked = admin.hooked_packages();
  any_ = asked.size() > 1 || dpkg.archives.size() > 1;
  if (any_) {
    asked.push_back(package.name);
    for (const auto& archive : dpkg.archives)
      asked.push_back(package_of_file_name(archive));
    installed_ = query_installed(admin, asked);
  }
  own_ = own_change(requests);
}

PackageChange Companions::own_change(const std::vector<Request>& requests) const {
  PackageChange change{{}, {package_.name, ""}, requests};
  if (const auto now = installed_.find(package_.name); now != installed_.end())
    change.from = now->second.says;
  if (const auto control = read_file_if_exists(admin_.path() / "tmp.ci" / "control"))
    for (const Stanza& stanza : parse_stanzas(*control))
      change.to = package_says(stanza);
  change.to.name = package_.name;
  return change;
}

PackageChanges Companions::extract_together() {
  for (;;) {
    PackageChanges changes = together();
    const auto bad = std::ranges::find_if(
        changes, [&](auto& one) { return !one.second.archive.empty() && !extract(one.first, one.second); });
    if (bad == changes.end()) return changes;
    damaged_.insert(bad->second.archive);
  }
}

/// What is new on this machine is wanted if it comes with the file that says so.
bool Companions::extract(const std::string& name, PackageChange& change) const {
  if (!incoming_.extract(name, change.archive)) return false;
  if (!change.from)
    std::erase_if(change.requests, [&](const Request& request) {
      return !file_status(incoming_.place(name, "/etc/erlrc.d/applications/" + request.app.name));
    });
  return true;
}

PackageChanges Companions::together() const {
  PackageChanges changes{{package_.name, own_}};
  bool after_us = false;
  for (const auto& archive : dpkg_.archives) {
    const std::string name = package_of_file_name(archive);
    if (name == package_.name) {
      after_us = true;
    } else if (dpkg_.archives.size() <= kMany || installed_.contains(name) || names(own_.to.needs, name)) {
      if (auto change = other_change(archive.string(), after_us)) {
        const std::string found = change->to.name;
        changes[found] = *std::move(change);
      }
    }
  }
  PackageChanges together;
  for (const std::string& name : together_with(package_.name, changes))
    together[name] = changes.at(name);
  return together;
}

/// dpkg unpacks in the order of its arguments. What stands before us and was not unpacked has failed, and
/// does not come any more.
std::optional<PackageChange> Companions::other_change(const std::string& archive, bool after_us) const {
  const auto text = archive_control(archive);
  const std::vector<Stanza> control = parse_stanzas(text.value_or(""));
  if (control.empty() || damaged_.contains(archive)) return std::nullopt;
  PackageSays says = package_says(control.front());
  if (says.name == package_.name) return std::nullopt;
  return after_us ? coming(std::move(says), archive) : passed(std::move(says));
}

/// One whose files dpkg has not touched yet: what it will bring is taken from the archive.
std::optional<PackageChange> Companions::coming(PackageSays says, const std::string& archive) const {
  const auto text = archive_member(archive, "erlrc");
  const auto member = text ? std::optional(parse_control_member(*text, archive)) : std::nullopt;
  auto in_step = apps_in_step(member);
  if (!in_step) return std::nullopt;
  const std::string name = says.name;
  PackagedApps apps = *std::move(in_step);
  for (PackagedApp& app : apps)
    app.ebin = incoming_.place(name, app.ebin);
  const auto now = installed_.find(name);
  const CallingPackage other{name, package_.arch};
  const auto installed = admin_.member(other);
  performance_.restrict_to_nodes_of(installed ? *installed : *member);
  if (now == installed_.end()) return PackageChange{{}, std::move(says), start_all(apps, {}), archive};
  // One that is not to be kept in step until now is not adopted in passing.
  const auto control = apps_in_step(installed);
  if (installed && !control) return std::nullopt;
  const PackagedApps old = with_kept(control ? *control : admin_.found_in_list(other), kept_.load(name));
  return PackageChange{now->second.says, std::move(says), change_all(old, apps, performance_.wanted()),
                       archive};
}

/// One that lies unpacked already. Its upgrade was done then, unless its old version has no hooks and has
/// left it to the postinst; what is new on this machine does not run yet.
std::optional<PackageChange> Companions::passed(PackageSays says) const {
  const auto now = installed_.find(says.name);
  if (now == installed_.end() || now->second.half || now->second.says.version != says.version)
    return std::nullopt;
  const auto apps = admin_.installed({says.name, package_.arch});
  if (!apps) return std::nullopt;
  const PackagedApps kept = kept_.load(says.name);
  return PackageChange{{},
                       std::move(says),
                       kept.empty() ? start_all(*apps, performance_.wanted())
                                    : change_all(kept, *apps, performance_.wanted())};
}

std::optional<std::string> Companions::unmet_by(const PackageChanges& together) const {
  std::map<std::string, PackageSays> before;
  for (const auto& [name, now] : installed_)
    if (together.contains(name) || admin_.installed({name, package_.arch})) before[name] = now.says;
  std::map<std::string, PackageSays> after = before;
  for (const auto& [name, change] : together)
    after[name] = change.to;
  const std::set<Unmet> known = unmet_among(before);
  for (const Unmet& unmet : unmet_among(after))
    if (!known.contains(unmet)) return unmet.why;
  return std::nullopt;
}

}  // namespace erlrc
