// SPDX-License-Identifier: BSD-3-Clause
#include <erlrc/site/dpkg.hpp>

#include <algorithm>

#include <erlrc/base/error.hpp>
#include <erlrc/sys/child_program.hpp>
#include <erlrc/sys/file.hpp>

namespace erlrc {
namespace {

namespace fs = std::filesystem;

std::vector<std::string> names_in(const fs::path& directory) {
  try {
    return directory_names(directory).value_or(std::vector<std::string>{});
  } catch (const Error&) {
    return {};
  }
}

bool is_archive(const fs::path& path) {
  return path.extension() == ".deb" || path.extension() == ".udeb";
}

/// What cannot be read is left to dpkg, which reports it. A link may lead to a directory that contains it.
void add_below(const fs::path& directory, std::vector<fs::path>& archives) {
  for (const std::string& name : names_in(directory)) {
    const fs::path path = directory / name;
    const auto status = visible_status(path);
    if (status && status->kind == FileStatus::Kind::directory) {
      if (!read_link_if_readable(path)) add_below(path, archives);
    } else if (status && is_archive(path)) {
      archives.push_back(path);
    }
  }
}

}  // namespace

DpkgProcess calling_dpkg() {
  const ProcessId id = nearest_ancestor([](const Ancestor& one) { return one.name == "dpkg"; });
  if (id.pid == 0) return {};
  const auto arguments = process_arguments(id.pid);
  return {id, archives_in(arguments, process_directory(id.pid).value_or("/")), removals_in(arguments)};
}

ProcessId calling_apt() {
  return calling_program();
}

bool is_ancestor(const ProcessId& id) {
  return id.pid != 0 && nearest_ancestor([&](const Ancestor& one) { return one.id == id; }).pid != 0;
}

bool activate_trigger(const std::string& name, Deadline until) {
  std::string output;
  return succeeds({"dpkg-trigger", "--no-await", name}, output, until);
}

std::vector<fs::path> archives_in(const std::vector<std::string>& arguments, const fs::path& directory) {
  std::vector<fs::path> archives;
  for (std::size_t i = 1; i < arguments.size(); ++i) {
    if (arguments[i].starts_with('-')) continue;
    const fs::path path = directory / arguments[i];
    const auto status = visible_status(path);
    if (!status) continue;
    // A directory is only possible with --recursive.
    if (status->kind == FileStatus::Kind::directory) {
      add_below(path, archives);
    } else if (is_archive(path)) {
      archives.push_back(path);
    }
  }
  return archives;
}

std::vector<std::string> removals_in(const std::vector<std::string>& arguments) {
  const auto removes = [](const std::string& argument) {
    const bool is_short = argument.starts_with('-') && !argument.starts_with("--");
    return argument == "--remove" || argument == "--purge" ||
           (is_short && argument.find_first_of("rP") != std::string::npos);
  };
  std::vector<std::string> names;
  if (std::ranges::none_of(arguments, removes)) return names;
  for (std::size_t i = 1; i < arguments.size(); ++i)
    if (!arguments[i].starts_with('-')) names.push_back(arguments[i]);
  return names;
}

std::string package_of_file_name(const fs::path& archive) {
  std::string name = archive.filename().string();
  name = name.substr(0, name.find('_'));
  const auto digits = name.find_first_not_of("0123456789");
  if (digits != std::string::npos && digits > 0 && name[digits] == '-') name.erase(0, digits + 1);
  return name;
}

std::string query_packages(const fs::path& admindir, const std::vector<std::string>& packages,
                           Deadline until) {
  std::vector<std::string> command{
      "dpkg-query", "--admindir=" + admindir.string(), "--show",
      "--showformat=Package: ${Package}\\nStatus: ${Status}\\nArchitecture: ${Architecture}\\nVersion: "
      "${Version}\\nDepends: ${Depends}\\n"
      "Pre-Depends: ${Pre-Depends}\\nBreaks: ${Breaks}\\nConflicts: ${Conflicts}\\nProvides: "
      "${Provides}\\n\\n",
      "--"};
  command.insert(command.end(), packages.begin(), packages.end());
  std::string output;
  // It fails if it does not know one of them, and prints the others.
  (void)succeeds(command, output, until);
  return output;
}

std::optional<std::string> archive_control(const fs::path& archive, Deadline until) {
  std::string output;
  if (!succeeds({"dpkg-deb", "--field", archive.string()}, output, until)) return std::nullopt;
  return output;
}

std::optional<std::string> archive_member(const fs::path& archive, const std::string& member,
                                          Deadline until) {
  std::string output;
  if (!succeeds({"dpkg-deb", "--info", archive.string(), member}, output, until)) return std::nullopt;
  return output;
}

bool extract_archive(const fs::path& archive, const fs::path& directory, Deadline until) {
  std::string output;
  return succeeds({"dpkg-deb", "--extract", archive.string(), directory.string()}, output, until);
}

}  // namespace erlrc
