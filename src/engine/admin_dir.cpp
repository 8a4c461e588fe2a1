// SPDX-License-Identifier: BSD-3-Clause
#include <erlrc/engine/admin_dir.hpp>

#include <algorithm>

#include <erlrc/app/app_spec.hpp>
#include <erlrc/base/error.hpp>
#include <erlrc/dist/names.hpp>
#include <erlrc/sys/environment.hpp>
#include <erlrc/sys/file.hpp>
#include <erlrc/transaction/relations.hpp>

namespace erlrc {
namespace {

namespace fs = std::filesystem;

/// Names of architectures have the form of names of packages.
std::string package_part(const std::string& variable) {
  std::string text = environment(variable).value_or("");
  if (!text.empty() && !is_package_name(text))
    throw UsageError(variable + ": " + printable(text) + " cannot be part of a package's name");
  return text;
}

constexpr std::string_view member_suffix = ".erlrc";

/// The package of a control member's file: NAME.erlrc or NAME:ARCH.erlrc.
std::string package_of(const std::string& file) {
  return file.substr(0, std::min(file.find(':'), file.size() - member_suffix.size()));
}

std::optional<ControlMember> load_control_member(const fs::path& file) {
  const auto text = read_file_if_exists(file);
  if (!text) return std::nullopt;
  return parse_control_member(*text, file.string());
}

}  // namespace

DpkgPackage calling_package() {
  DpkgPackage package{package_part("DPKG_MAINTSCRIPT_PACKAGE"), package_part("DPKG_MAINTSCRIPT_ARCH")};
  if (package.name.empty())
    throw UsageError("DPKG_MAINTSCRIPT_PACKAGE is not set: only dpkg's scripts may call this");
  return package;
}

AdminDir::AdminDir() : path_(environment("DPKG_ADMINDIR").value_or("/var/lib/dpkg")) {}

std::optional<ControlMember> AdminDir::checked_member(const DpkgPackage& package) const {
  const fs::path info = path_ / "info";
  auto found = load_control_member(info / (package.name + ":" + package.arch + ".erlrc"));
  return found ? found : load_control_member(info / (package.name + ".erlrc"));
}

std::optional<ControlMember> AdminDir::member(const DpkgPackage& package) const {
  try {
    return checked_member(package);
  } catch (const Error&) {
    return std::nullopt;
  }
}

std::optional<ControlMember> AdminDir::unpacking_member() const {
  return load_control_member(path_ / "tmp.ci" / "erlrc");
}

std::optional<std::string> AdminDir::unpacking_control() const {
  return read_file_if_exists(path_ / "tmp.ci" / "control");
}

PackagedApps AdminDir::listed(const DpkgPackage& package) const {
  const fs::path info = path_ / "info";
  auto list = read_file_if_exists(info / (package.name + ":" + package.arch + ".list"));
  if (!list) list = read_file_if_exists(info / (package.name + ".list"));
  PackagedApps apps;
  for (std::size_t at = 0; list && at < list->size();) {
    const std::size_t end = std::min(list->find('\n', at), list->size());
    const fs::path file = list->substr(at, end - at);
    at = end + 1;
    if (file.extension() != ".app" || file.parent_path().filename() != "ebin") continue;
    try {
      const AppSpec spec = parse_app_spec(read_file(file), file.string());
      if (is_application_name(spec.name.name))
        apps.push_back({spec.name, spec.vsn, file.parent_path().string()});
    } catch (const Error&) {  // the package did not ask us to look into it
      continue;
    }
  }
  return apps;
}

std::vector<std::pair<std::string, ControlMember>> AdminDir::members() const {
  std::vector<std::pair<std::string, ControlMember>> members;
  for (const std::string& file : member_files()) {
    try {
      if (auto member = load_control_member(path_ / "info" / file))
        members.emplace_back(package_of(file), *std::move(member));
    } catch (const Error&) {  // of its package, which reports it
      continue;
    }
  }
  return members;
}

std::vector<std::string> AdminDir::hooked_packages() const {
  std::vector<std::string> names = member_files();
  for (std::string& name : names)
    name = package_of(name);
  return names;
}

std::vector<std::string> AdminDir::member_files() const {
  auto names = directory_names(path_ / "info").value_or(std::vector<std::string>{});
  std::erase_if(names, [](const std::string& name) { return !name.ends_with(member_suffix); });
  return names;
}

}  // namespace erlrc
