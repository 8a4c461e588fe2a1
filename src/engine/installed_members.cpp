// SPDX-License-Identifier: BSD-3-Clause
#include <erlrc/engine/installed_members.hpp>

#include <filesystem>

#include <erlrc/base/error.hpp>
#include <erlrc/base/version.hpp>
#include <erlrc/engine/admin_dir.hpp>
#include <erlrc/engine/rpm_facts.hpp>
#include <erlrc/sys/file.hpp>

namespace erlrc {
namespace {

namespace fs = std::filesystem;

std::vector<fs::path> member_files() {
  std::vector<fs::path> files;
  const fs::path info = AdminDir().path() / "info";
  for (const std::string& name : directory_names(info).value_or(std::vector<std::string>{}))
    if (name.ends_with(".erlrc")) files.push_back(info / name);
  const fs::path members = rpm_members();
  for (const std::string& name : directory_names(members).value_or(std::vector<std::string>{}))
    for (const std::string& evr : directory_names(members / name).value_or(std::vector<std::string>{}))
      files.push_back(members / name / evr);
  return files;
}

}  // namespace

std::vector<ControlMember> installed_members() {
  std::vector<ControlMember> members;
  for (const fs::path& file : member_files()) {
    try {
      members.push_back(parse_control_member(read_file(file), file.string()));
    } catch (const Error&) {
      continue;
    }
  }
  return members;
}

bool is_installed(const PackagedApp& app) {
  return is_visible_file(fs::path(app.location.in_path) / (app.app.name + ".app"));
}

std::map<Atom, std::string> declared_directories() {
  std::map<Atom, PackagedApp> newest;
  for (const ControlMember& member : installed_members())
    for (const PackagedApp& app : member.apps) {
      if (!is_installed(app)) continue;
      const auto [known, is_new] = newest.emplace(app.app, app);
      if (!is_new && compare_versions(known->second.vsn, app.vsn) < 0) known->second = app;
    }
  std::map<Atom, std::string> directories;
  for (const auto& [name, app] : newest)
    directories[name] = app.location.in_path;
  return directories;
}

}  // namespace erlrc
