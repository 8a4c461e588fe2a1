// SPDX-License-Identifier: BSD-3-Clause
#include <erlrc/pkg/apt_change.hpp>

#include <algorithm>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include <erlrc/base/error.hpp>
#include <erlrc/base/text.hpp>
#include <erlrc/pkg/deb_archive.hpp>
#include <erlrc/sys/file.hpp>
#include <erlrc/transaction/relations.hpp>

namespace erlrc {
namespace {

namespace fs = std::filesystem;

/// A file in dpkg's database about an installed package. If a package may be installed for several
/// architectures, the file's name contains the architecture.
std::optional<Bytes> read_info(const fs::path& admindir, const AptAction& action, const std::string& kind) {
  const fs::path info = admindir / "info";
  auto bytes = read_file_if_exists(info / (action.package + ":" + action.architecture + "." + kind));
  return bytes ? bytes : read_file_if_exists(info / (action.package + "." + kind));
}

std::vector<std::string> application_files(std::string_view list) {
  std::vector<std::string> found;
  for (const std::string_view line : lines(list))
    if (line.ends_with(".app") && line.find("/ebin/") != std::string_view::npos) found.emplace_back(line);
  return found;
}

/// The architectures for which the package is installed, if it may be so for several.
std::vector<std::string> architectures(const std::string& package, const fs::path& info) {
  const std::string prefix = package + ":", suffix = ".erlrc";
  std::vector<std::string> found;
  for (const std::string& name : directory_names(info).value_or(std::vector<std::string>{}))
    if (name.starts_with(prefix) && name.ends_with(suffix))
      found.push_back(name.substr(prefix.size(), name.size() - prefix.size() - suffix.size()));
  return found;
}

/// Whether the action removes a package that stays for another architecture, with the same applications.
bool stays(const AptAction& action, const std::vector<AptAction>& actions, const fs::path& info) {
  if (action.kind != AptAction::Kind::remove ||
      !file_status(info / (action.package + ":" + action.architecture + ".erlrc")))
    return false;
  const auto is_removed = [&](const std::string& architecture) {
    return std::ranges::any_of(actions, [&](const AptAction& other) {
      return other.kind == AptAction::Kind::remove && other.package == action.package &&
             other.architecture == architecture;
    });
  };
  return !std::ranges::all_of(architectures(action.package, info), is_removed);
}

ChangedPackage load_change(const AptAction& action, const fs::path& admindir) {
  ChangedPackage change;
  change.package = action.package;
  change.architecture = action.architecture;
  change.old_version = action.old_version;
  change.new_version = action.new_version;
  change.archive = action.archive;
  if (!action.old_version.empty()) change.installed = read_info(admindir, action, "erlrc");
  if (action.kind == AptAction::Kind::unpack) {
    try {
      change.unpacking = read_control_member(action.archive, "erlrc");
    } catch (const Error& error) {
      change.unreadable = error.what();
    }
  }
  if (!change.installed && !change.unpacking && !action.old_version.empty())
    change.app_files = application_files(read_info(admindir, action, "list").value_or(""));
  return change;
}

std::optional<PackageRelations> relations_in(const fs::path& archive) {
  const std::vector<Stanza> stanzas = parse_stanzas(read_control_member(archive, "control").value_or(""));
  if (stanzas.empty()) return std::nullopt;
  return relations_of(stanzas.front());
}

}  // namespace

std::vector<ChangedPackage> load_apt_changes(const std::vector<AptAction>& actions,
                                             const fs::path& admindir) {
  std::vector<ChangedPackage> changes;
  for (const AptAction& action : actions)
    if (action.kind != AptAction::Kind::configure && !stays(action, actions, admindir / "info"))
      changes.push_back(load_change(action, admindir));
  return changes;
}

TransactionSource apt_source(std::vector<AptAction> actions, fs::path admindir) {
  return {[actions = std::move(actions), admindir = std::move(admindir)] {
            return load_apt_changes(actions, admindir);
          },
          read_application_files, relations_in};
}

}  // namespace erlrc
