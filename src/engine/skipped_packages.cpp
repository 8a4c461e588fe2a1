// SPDX-License-Identifier: BSD-3-Clause
#include <erlrc/engine/skipped_packages.hpp>

#include <filesystem>
#include <sstream>

#include <erlrc/engine/run_file.hpp>
#include <erlrc/site/dpkg.hpp>
#include <erlrc/sys/environment.hpp>
#include <erlrc/sys/file.hpp>

namespace erlrc {
namespace {

// The first line is the process of APT, `PID START`; the others are the names of packages.
std::filesystem::path file() {
  return run_directory() / "leave";
}

/// In the place of a package: all nodes are left alone.
const std::string everything = "*";

}  // namespace

bool hooks_are_off() {
  return environment("ERLRC_HOOKS") == "off" || load_skipped_packages().contains(everything);
}

void store_hooks_off() {
  store_skipped_packages({everything});
}

void store_skipped_packages(const std::set<std::string>& packages) {
  if (packages.empty()) {
    remove_file(file());
    return;
  }
  const ProcessId apt = calling_apt();
  std::string text = std::to_string(apt.pid) + " " + apt.start + "\n";
  for (const std::string& package : packages)
    text += package + "\n";
  make_run_directory();
  write_file_atomically(file(), text, 0644);
}

std::set<std::string> load_skipped_packages() {
  const auto text = read_file_if_exists(file());
  if (!text) return {};
  std::istringstream lines(*text);
  ProcessId apt;
  lines >> apt.pid >> apt.start;
  std::set<std::string> packages;
  for (std::string package; lines >> package;)
    packages.insert(package);
  if (is_ancestor(apt)) return packages;
  remove_file(file());
  return {};
}

}  // namespace erlrc
