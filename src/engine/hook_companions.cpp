// SPDX-License-Identifier: BSD-3-Clause
#include <erlrc/engine/hook_companions.hpp>

#include <algorithm>
#include <set>

#include <erlrc/base/error.hpp>
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

/// One that cannot be read is none: its own package fails for it, when its turn comes.
std::optional<ControlMember> member_in(const std::string& archive) {
  const auto text = archive_member(archive, "erlrc");
  if (!text) return std::nullopt;
  try {
    return read_control_member(*text, archive);
  } catch (const Error&) {
    return std::nullopt;
  }
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
  any_ = possible(admin, dpkg);
  if (any_) {
    std::vector<std::string> asked = admin.hooked_packages();
    asked.push_back(package.name);
    for (const auto& archive : dpkg.archives)
      asked.push_back(package_of_file_name(archive));
    installed_ = query_installed(admin, asked);
  }
  own_ = own_change(requests);
}

bool Companions::possible(const AdminDir& admin, const DpkgProcess& dpkg) {
  return dpkg.archives.size() > 1 || admin.hooked_packages().size() > 1;
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
    const auto bad = first_damaged(changes);
    if (bad == changes.end()) return changes;
    for (Archive& archive : archives_)
      if (archive.path == bad->second.archive) archive.damaged = true;
  }
}

/// Extracts until one cannot be.
PackageChanges::iterator Companions::first_damaged(PackageChanges& changes) const {
  try {
    return std::ranges::find_if(
        changes, [&](auto& one) { return !one.second.archive.empty() && !extract(one.first, one.second); });
  } catch (const Error&) {
    for (const auto& [name, change] : changes)
      if (!change.archive.empty()) incoming_.drop(name);
    throw;
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

/// Reads what the archives say of their packages. Files are usually called after these, but need not be.
void Companions::open_archives() {
  const auto open = [&](Archive& archive) {
    const auto control = parse_stanzas(archive_control(archive.path).value_or(""));
    if (!control.empty()) archive.says = package_says(control.front());
  };
  const auto is_ours = [&](const Archive& archive) {
    return archive.says && archive.says->name == package_.name &&
           (own_.to.version.empty() || archive.says->version == own_.to.version);
  };
  for (const auto& path : dpkg_.archives) {
    Archive& archive = archives_.emplace_back(path);
    const std::string name = package_of_file_name(path);
    if (dpkg_.archives.size() <= kMany || name == package_.name || installed_.contains(name) ||
        names(own_.to.needs, name))
      open(archive);
  }
  if (std::ranges::none_of(archives_, is_ours))
    for (Archive& archive : archives_)
      if (!archive.says) open(archive);
  std::vector<std::string> unknown;
  for (const Archive& archive : archives_)
    if (archive.says && archive.says->name != package_of_file_name(archive.path))
      unknown.push_back(archive.says->name);
  installed_.merge(query_installed(admin_, unknown));
  own_archive_ = static_cast<std::size_t>(std::ranges::find_if(archives_, is_ours) - archives_.begin());
}

PackageChanges Companions::together() {
  if (archives_.empty()) open_archives();
  PackageChanges changes{{package_.name, own_}};
  for (std::size_t place = 0; place < archives_.size(); ++place)
    if (auto change = other_change(archives_[place], place > own_archive_)) {
      const std::string found = change->to.name;
      changes[found] = *std::move(change);
    }
  PackageChanges together;
  for (const std::string& name : together_with(package_.name, changes))
    together[name] = changes.at(name);
  // One that was unpacked without a hook, and that no postinst can upgrade, stays in nodes as it is.
  std::erase_if(together, [&](const auto& one) {
    return one.first != package_.name && one.second.archive.empty() && is_behind(one.first);
  });
  return together;
}

/// dpkg unpacks in the order of its arguments. What stands before us and was not unpacked has failed, and
/// does not come any more.
std::optional<PackageChange> Companions::other_change(const Archive& archive, bool after_us) {
  if (!archive.says || archive.says->name == package_.name || archive.damaged) return std::nullopt;
  return after_us ? coming(*archive.says, archive.path.string()) : passed(*archive.says);
}

/// One whose files dpkg has not touched yet: what it will bring is taken from the archive.
std::optional<PackageChange> Companions::coming(PackageSays says, const std::string& archive) {
  const auto member = member_in(archive);
  auto in_step = apps_in_step(member);
  const std::string name = says.name;
  apart_[name] = says;
  if (!in_step) return std::nullopt;
  PackagedApps apps = *std::move(in_step);
  for (PackagedApp& app : apps)
    app.location = Location::staged(app.location.in_path, incoming_.place(name, app.location.in_path));
  const auto now = installed_.find(name);
  const CallingPackage other{name, package_.arch};
  const auto installed = admin_.member(other);
  const auto& nodes = installed ? installed->nodes : member->nodes;
  // One that is not to be kept in step until now is not adopted in passing.
  const auto control = apps_in_step(installed);
  if (installed && !control) return std::nullopt;
  apart_.erase(name);
  if (now == installed_.end())
    return PackageChange{{}, std::move(says), for_nodes(nodes, start_all(apps, {})), archive};
  const PackagedApps old = with_kept(control ? *control : admin_.found_in_list(other), kept_.load(name));
  return PackageChange{now->second.says, std::move(says),
                       for_nodes(nodes, change_all(old, apps, performance_.wanted())), archive};
}

/// One that lies unpacked already. Its upgrade was done then, unless its old version has no hooks and has
/// left it to the postinst; what is new on this machine does not run yet.
std::optional<PackageChange> Companions::passed(PackageSays says) const {
  const auto now = installed_.find(says.name);
  if (now == installed_.end() || now->second.half || now->second.says.version != says.version)
    return std::nullopt;
  const auto member = admin_.member({says.name, package_.arch});
  const auto apps = apps_in_step(member);
  if (!apps) return std::nullopt;
  const PackagedApps kept = kept_.load(says.name);
  return PackageChange{
      {},
      std::move(says),
      for_nodes(member->nodes, kept.empty() ? start_all(*apps, performance_.wanted())
                                            : change_all(kept, *apps, performance_.wanted()))};
}

std::optional<std::string> Companions::unmet_by(const PackageChanges& together) const {
  std::map<std::string, PackageSays> before;
  for (const auto& [name, now] : installed_)
    if (together.contains(name) || admin_.installed({name, package_.arch})) before[name] = now.says;
  std::map<std::string, PackageSays> after = before;
  for (const auto& [name, says] : apart_)
    if (after.contains(name)) after[name] = says;
  for (const auto& [name, change] : together)
    after[name] = change.to;
  const std::set<Unmet> known = unmet_among(before);
  for (const Unmet& unmet : unmet_among(after))
    if (!known.contains(unmet)) return unmet.why;
  return std::nullopt;
}

std::map<std::string, std::string> Companions::to_leave(const PackageChanges& together) const {
  Packages in_nodes;
  for (const auto& [name, now] : installed_) {
    if (together.contains(name) || !admin_.member({name, package_.arch})) continue;
    in_nodes[name] = now.says;
    const bool named =
        std::ranges::any_of(together, [&](const auto& one) { return concerns(one.second.to, now.says); });
    if (named && is_behind(name)) in_nodes[name].version.clear();
  }
  return erlrc::to_leave(together, in_nodes);
}

std::optional<std::string> Companions::must_wait() const {
  const auto now = installed_.find(package_.name);
  if (now == installed_.end()) return std::nullopt;
  const auto left = to_leave({{package_.name, {{}, now->second.says}}});
  return left.empty() ? std::nullopt : std::optional(left.begin()->second);
}

/// Whether a node runs another version of its applications than the one on disk, and will do so until it is
/// restarted.
bool Companions::is_behind(const std::string& name) const {
  if (!kept_.load(name).empty()) return false;  // its postinst upgrades
  const ControlMember member = admin_.member({name, package_.arch}).value_or(ControlMember{});
  return performance_.is_behind(for_nodes(member.nodes, start_all(member.apps, {})));
}

}  // namespace erlrc
