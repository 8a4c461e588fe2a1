// SPDX-License-Identifier: BSD-3-Clause
#include <erlrc/site/desired.hpp>

#include <string>
#include <vector>

#include <erlrc/app/app_spec.hpp>
#include <erlrc/sys/file.hpp>

namespace erlrc {
namespace {

namespace fs = std::filesystem;

bool is_visible_directory(const fs::path& path) {
  const auto status = visible_status(path);
  return status && status->kind == FileStatus::Kind::directory;
}

std::vector<std::string> names_in(const fs::path& directory) {
  return directory_names(directory).value_or(std::vector<std::string>{});
}

/// Does not replace what is already in `found`.
void add_files(const fs::path& directory, const std::vector<std::string>& names,
               std::map<Atom, fs::path>& found) {
  for (const std::string& name : names)
    if (is_application_name(name) && is_visible_file(directory / name))
      found.emplace(Atom{name}, directory / name);
}

}  // namespace

std::map<Atom, fs::path> desired_files(const fs::path& root) {
  const fs::path directory = root / "applications";
  const std::vector<std::string> names = names_in(directory);
  std::map<Atom, fs::path> found;
  add_files(directory, names, found);
  for (const std::string& name : names)
    if (name.ends_with(".d") && is_visible_directory(directory / name))
      add_files(directory / name, names_in(directory / name), found);
  return found;
}

std::set<Atom> load_desired_applications(const fs::path& root) {
  std::set<Atom> desired;
  for (const auto& [app, file] : desired_files(root))
    desired.insert(app);
  return desired;
}

}  // namespace erlrc
