// SPDX-License-Identifier: BSD-3-Clause
#include <erlrc/engine/staging.hpp>

#include <algorithm>
#include <cstdint>
#include <optional>
#include <vector>

#include <erlrc/base/error.hpp>
#include <erlrc/site/desired.hpp>
#include <erlrc/sys/file.hpp>
#include <erlrc/sys/symbolic_link.hpp>

#include "state_directory.hpp"

namespace erlrc {

namespace fs = std::filesystem;

namespace {

/// Below the directory of staged files; the same path is that of the installed files.
using Paths = std::vector<fs::path>;

bool has_directory(const fs::path& path) {
  const auto status = file_status(path);
  return status && status->kind == FileStatus::Kind::directory;
}

/// The directories of applications that have more than code, and the links that such ones have become.
void find_apps(const fs::path& staged, const fs::path& path, Paths& apps) {
  if (const auto target = read_link_if_readable(staged / path)) {
    if (*target == "/" + path.string()) apps.push_back(path);
    return;
  }
  if (!has_directory(staged / path)) return;
  const auto names = directory_names(staged / path).value_or(std::vector<std::string>{});
  if (names.size() > 1 && std::ranges::find(names, "ebin") != names.end()) {
    apps.push_back(path);
    return;
  }
  for (const std::string& name : names)
    find_apps(staged, path / name, apps);
}

Paths apps_in(const fs::path& staged) {
  Paths apps;
  find_apps(staged, {}, apps);
  return apps;
}

/// Makes a link of each that is installed, and not staged.
void link_to_installed(const fs::path& staged, const Paths& apps) {
  for (const fs::path& app : apps) {
    const fs::path installed = "/" / app;
    if (!has_directory(installed / "ebin") || is_there(staged / app)) continue;
    make_directories((staged / app).parent_path(), readable_by_nodes);
    make_symbolic_link(installed, staged / app);
  }
}

/// Removes the files but for such links.
void drop_files(const fs::path& staged) {
  const Paths apps = apps_in(staged);
  remove_tree(staged);
  link_to_installed(staged, apps);
}

}  // namespace

Staging::Staging() : directory_(state_directory() / "staged") {}

bool Staging::unpack(const std::string& package, const fs::path& archive, const PackageFacts& facts) const {
  const fs::path place = directory_of(directory_, package);
  const Paths earlier = apps_in(place);
  remove_tree(place);
  make_directories(place, readable_by_nodes);
  const bool whole = facts.extract(archive, place);
  const auto space = whole ? std::nullopt : free_space(directory_);
  if (!whole) remove_tree(place);
  link_to_installed(place, earlier);
  constexpr std::uintmax_t full = 1U << 20;
  if (space && *space < full)
    throw Error(directory_.string() + ": no space left to unpack " + archive.string());
  return whole;
}

std::set<Atom> Staging::desired(const std::string& package) const {
  return load_desired_applications(directory_of(directory_, package) / "etc/erlrc.d");
}

void Staging::drop(const std::string& package) const {
  drop_files(directory_of(directory_, package));
}

void Staging::drop_all() const {
  for (const std::string& name : directory_names(directory_).value_or(std::vector<std::string>{}))
    drop_files(directory_ / name);
  if (directory_names(directory_) == std::vector<std::string>{}) remove_tree(directory_);
}

}  // namespace erlrc
