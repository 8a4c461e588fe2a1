// SPDX-License-Identifier: BSD-3-Clause
#include <erlrc/sys/process.hpp>

#include <sys/stat.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <filesystem>
#include <string>
#include <vector>

#include <erlrc/base/error.hpp>
#include <erlrc/sys/file.hpp>

namespace erlrc {
namespace {

const std::filesystem::path proc = "/proc";

std::vector<std::string_view> arguments(std::string_view cmdline) {
  std::vector<std::string_view> found;
  while (!cmdline.empty()) {
    found.push_back(cmdline.substr(0, cmdline.find('\0')));
    cmdline.remove_prefix(std::min(found.back().size() + 1, cmdline.size()));
  }
  return found;
}

bool is_emulator(std::string_view program) {
  const std::string_view file = program.substr(program.rfind('/') + 1);
  return file == "beam" || file == "beam.smp";
}

/// `given` is what -sname or -name got: with or without a host.
bool names_node(std::string_view given, std::string_view alive, std::string_view host) {
  const auto at = given.find('@');
  if (given.substr(0, at) != alive) return false;
  return host.empty() || at == std::string_view::npos || given.substr(at + 1) == host;
}

std::optional<pid_t> as_pid(const std::string& name) {
  pid_t pid = 0;
  const auto [end, error] = std::from_chars(name.data(), name.data() + name.size(), pid);
  if (error != std::errc{} || end != name.data() + name.size()) return std::nullopt;
  return pid;
}

/// What cannot be compared (not our process, and we are not root) counts as ours.
bool shares_our_network(const std::filesystem::path& process) {
  const auto theirs = read_link_if_readable(process / "ns/net");
  const auto ours = read_link_if_readable("/proc/self/ns/net");
  return !theirs || !ours || *theirs == *ours;
}

/// What cannot be seen counts as the same.
bool is_our_root(const std::filesystem::path& process) {
  struct stat theirs {};
  struct stat ours {};
  if (::stat((process / "root").c_str(), &theirs) != 0) return errno == EACCES || errno == EPERM;
  return ::stat("/", &ours) == 0 && theirs.st_dev == ours.st_dev && theirs.st_ino == ours.st_ino;
}

/// Empty for a process that has ended meanwhile, and for one that we may not look at.
Bytes cmdline_of(const std::filesystem::path& process) {
  try {
    return read_file(process / "cmdline");
  } catch (const SystemError&) {
    return {};
  }
}

template <typename Wanted>
std::optional<pid_t> find_process(std::string_view alive, std::string_view host, Wanted wanted) {
  for (const std::string& name : directory_names(proc).value_or(std::vector<std::string>{})) {
    const auto pid = as_pid(name);
    if (pid && runs_as_node(cmdline_of(proc / name), alive, host) && shares_our_network(proc / name) &&
        wanted(proc / name))
      return pid;
  }
  return std::nullopt;
}

}  // namespace

bool runs_as_node(std::string_view cmdline, std::string_view alive, std::string_view host) {
  const auto given = arguments(cmdline);
  if (given.empty() || !is_emulator(given[0])) return false;
  for (std::size_t i = 1; i + 1 < given.size(); ++i) {
    if (given[i] == "-extra") return false;  // what follows belongs to the user's program
    if ((given[i] == "-sname" || given[i] == "-name") && names_node(given[i + 1], alive, host)) return true;
  }
  return false;
}

std::optional<pid_t> find_node_process(std::string_view alive, std::string_view host) {
  return find_process(alive, host, [](const auto&) { return true; });
}

std::optional<pid_t> find_node_process_with_our_root(std::string_view alive, std::string_view host) {
  return find_process(alive, host, is_our_root);
}

bool has_root_of_host() {
  return is_our_root(proc / "1");
}

}  // namespace erlrc
