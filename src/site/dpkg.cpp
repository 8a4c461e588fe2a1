// SPDX-License-Identifier: BSD-3-Clause
#include <erlrc/site/dpkg.hpp>

#include <unistd.h>

#include <algorithm>

#include <erlrc/base/error.hpp>
#include <erlrc/sys/command.hpp>
#include <erlrc/sys/file.hpp>

namespace erlrc {
namespace {

namespace fs = std::filesystem;

/// Of /proc/PID/stat; a name in parentheses may hold anything.
struct ProcessStat {
  std::string name;
  pid_t parent = 0;
  std::string start;
};

std::optional<ProcessStat> process_stat(pid_t pid) {
  const auto text = read_file_if_exists("/proc/" + std::to_string(pid) + "/stat");
  if (!text) return std::nullopt;
  const auto open = text->find('(');
  const auto close = text->rfind(')');
  if (open == std::string::npos || close == std::string::npos) return std::nullopt;
  std::vector<std::string> words;
  for (std::size_t at = close + 2; at < text->size();) {
    const std::size_t end = std::min(text->find_first_of(" \n", at), text->size());
    words.push_back(text->substr(at, end - at));
    at = end + 1;
  }
  // Field 3 of the manual is our first: 4 is the parent, 22 the start.
  if (words.size() < 20) return std::nullopt;
  return ProcessStat{text->substr(open + 1, close - open - 1),
                     static_cast<pid_t>(std::strtol(words[1].c_str(), nullptr, 10)), words[19]};
}

std::vector<std::string> process_arguments(pid_t pid) {
  const Bytes text = read_file("/proc/" + std::to_string(pid) + "/cmdline");
  std::vector<std::string> arguments;
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t end = std::min(text.find('\0', at), text.size());
    arguments.push_back(text.substr(at, end - at));
    at = end + 1;
  }
  return arguments;
}

struct Ancestor {
  ProcessId id;
  std::string name;
};

/// An id of 0: none of them is it.
template <typename Wanted>
ProcessId nearest_ancestor(Wanted wanted) {
  auto stat = process_stat(::getpid());
  while (stat && stat->parent > 0) {  // in a container, 1 may be any program
    const pid_t pid = stat->parent;
    stat = process_stat(pid);
    if (stat && wanted(Ancestor{{pid, stat->start}, stat->name})) return {pid, stat->start};
  }
  return {};
}

bool is_archive(const fs::path& path) {
  return path.extension() == ".deb" || path.extension() == ".udeb";
}

void add_below(const fs::path& directory, std::vector<fs::path>& archives) {
  for (const std::string& name : directory_names(directory).value_or(std::vector<std::string>{})) {
    const fs::path path = directory / name;
    const auto status = file_status(path);
    if (status && status->kind == FileStatus::Kind::directory) {
      add_below(path, archives);
    } else if (status && is_archive(path)) {
      archives.push_back(path);
    }
  }
}

}  // namespace

DpkgProcess calling_dpkg() {
  const ProcessId id = nearest_ancestor([](const Ancestor& one) { return one.name == "dpkg"; });
  if (id.pid == 0) return {};
  const fs::path cwd = "/proc/" + std::to_string(id.pid) + "/cwd";
  return {id, archives_in(process_arguments(id.pid), read_link_if_readable(cwd).value_or("/"))};
}

ProcessId calling_apt() {
  return nearest_ancestor(
      [](const Ancestor& one) { return one.name != "sh" && one.name != "dash" && one.name != "bash"; });
}

bool is_ancestor(const ProcessId& id) {
  return id.pid != 0 && nearest_ancestor([&](const Ancestor& one) { return one.id == id; }).pid != 0;
}

std::vector<fs::path> archives_in(const std::vector<std::string>& arguments, const fs::path& directory) {
  std::vector<fs::path> archives;
  for (std::size_t i = 1; i < arguments.size(); ++i) {
    if (arguments[i].starts_with('-')) continue;
    const fs::path path = directory / arguments[i];
    const auto status = file_status(path);
    if (!status) continue;
    // Only --recursive takes directories.
    if (status->kind == FileStatus::Kind::directory) {
      add_below(path, archives);
    } else if (is_archive(path)) {
      archives.push_back(path);
    }
  }
  return archives;
}

std::string package_of_file_name(const fs::path& archive) {
  std::string name = archive.filename().string();
  name = name.substr(0, name.find('_'));
  const auto digits = name.find_first_not_of("0123456789");
  if (digits != std::string::npos && digits > 0 && name[digits] == '-') name.erase(0, digits + 1);
  return name;
}

std::string query_packages(const fs::path& admindir, const std::vector<std::string>& packages) {
  std::vector<std::string> command{
      "dpkg-query", "--admindir=" + admindir.string(), "--show",
      "--showformat=Package: ${Package}\\nStatus: ${Status}\\nArchitecture: ${Architecture}\\nVersion: "
      "${Version}\\nDepends: ${Depends}\\n"
      "Pre-Depends: ${Pre-Depends}\\nBreaks: ${Breaks}\\nConflicts: ${Conflicts}\\nProvides: "
      "${Provides}\\n\\n"};
  command.insert(command.end(), packages.begin(), packages.end());
  std::string output;
  // It fails if it does not know one of them.
  (void)succeeds(command, output);
  return output;
}

std::optional<std::string> archive_control(const fs::path& archive) {
  std::string output;
  if (!succeeds({"dpkg-deb", "--field", archive.string()}, output)) return std::nullopt;
  return output;
}

std::optional<std::string> archive_member(const fs::path& archive, const std::string& member) {
  std::string output;
  if (!succeeds({"dpkg-deb", "--info", archive.string(), member}, output)) return std::nullopt;
  return output;
}

bool extract_archive(const fs::path& archive, const fs::path& directory) {
  std::string output;
  return succeeds({"dpkg-deb", "--extract", archive.string(), directory.string()}, output);
}

}  // namespace erlrc
