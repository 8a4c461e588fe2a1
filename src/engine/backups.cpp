// SPDX-License-Identifier: BSD-3-Clause
#include <erlrc/engine/backups.hpp>

#include <algorithm>
#include <utility>

#include <erlrc/app/app_spec.hpp>
#include <erlrc/base/error.hpp>
#include <erlrc/base/text.hpp>
#include <erlrc/site/app_dir.hpp>
#include <erlrc/sys/file.hpp>

#include "state_directory.hpp"

namespace erlrc {
namespace {

namespace fs = std::filesystem;

/// Whether the directory still holds that version.
bool has_version(const PackagedApp& app) {
  const std::string file = app.location.in_path + "/" + app.app.name + ".app";
  try {
    return parse_app_spec(read_file(file), file).vsn == app.vsn;
  } catch (const Error&) {
    return false;
  }
}

/// The shared libraries. What their files hold decides whether an installed version has the same ones.
void back_up_libraries(const fs::path& priv, const fs::path& backup) {
  for (const std::string& name : files_below(priv)) {
    if (!name.ends_with(".so")) continue;
    make_directories((backup / name).parent_path(), readable_by_nodes);
    link_or_copy(priv / name, backup / name);
  }
}

}  // namespace

Backups::Backups() : directory_(state_directory() / "backups") {}

PackagedApps Backups::load(const std::string& package) const {
  const fs::path file = directory_of(directory_, package) / "erlrc";
  const auto text = read_file_if_exists(file);
  if (!text) return {};
  PackagedApps apps = parse_control_member(*text, file.string()).apps;
  for (PackagedApp& app : apps)
    app.location = Location::backed_up(app.location.in_path, place_of(package, app.app).string());
  return apps;
}

std::map<std::string, PackagedApps> Backups::load_all(const std::string& package) const {
  std::map<std::string, PackagedApps> backups;
  for (const std::string& name : directory_names(directory_).value_or(std::vector<std::string>{})) {
    try {
      backups[name] = load(name);
    } catch (const Error&) {
      if (name == package) throw;
    }
  }
  return backups;
}

void Backups::back_up(const std::string& package, const PackagedApps& apps) const {
  PackagedApps all = load(package);
  for (PackagedApp app : apps) {
    const std::string backup = place_of(package, app.app).string();
    const auto same = std::ranges::find(all, app.app, &PackagedApp::app);
    if (same != all.end() && same->vsn == app.vsn) continue;
    if (!has_version(app)) continue;
    remove_tree(backup);
    make_directories(backup, readable_by_nodes);
    const std::string& ebin = app.location.in_path;
    for (const std::string& name : directory_names(ebin).value_or(std::vector<std::string>{}))
      if (name.ends_with(".beam") || name.ends_with(".app") || name.ends_with(".appup"))
        link_or_copy(fs::path(ebin) / name, fs::path(backup) / name);
    back_up_libraries(priv_of(ebin), priv_of(backup));
    app.location = Location::backed_up(ebin, backup);
    if (same != all.end()) all.erase(same);
    all.push_back(std::move(app));
  }
  if (!all.empty()) write_control(package, all);
}

void Backups::use(const std::string& package) const {
  PackagedApps apps = load(package);
  for (PackagedApp& app : apps)
    app.location = Location(app.location.read_from);
  if (!apps.empty()) write_control(package, apps);
}

void Backups::drop(const std::string& package) const {
  const fs::path place = directory_of(directory_, package);
  if (file_status(place)) remove_tree(place);
}

fs::path Backups::place_of(const std::string& package, const Atom& app) const {
  if (!is_application_name(app.name))
    throw Error("application " + printable(app.name) + ": is not an application's name");
  return directory_of(directory_, package) / app.name;
}

void Backups::write_control(const std::string& package, const PackagedApps& apps) const {
  std::string text;
  for (const PackagedApp& app : apps)
    text += app.app.name + " " + app.vsn + " " + app.location.in_path + "\n";
  write_file_atomically(directory_of(directory_, package) / "erlrc", text, 0644);
}

}  // namespace erlrc
