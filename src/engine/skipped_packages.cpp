// SPDX-License-Identifier: BSD-3-Clause
#include <erlrc/engine/skipped_packages.hpp>

#include <filesystem>
#include <string_view>
#include <vector>

#include <erlrc/base/text.hpp>
#include <erlrc/engine/run_file.hpp>
#include <erlrc/site/dpkg.hpp>
#include <erlrc/sys/file.hpp>

namespace erlrc {
namespace {

// The first line of a file is the process of APT, `PID START`.

void store_for_apt(const std::string& name, const std::string& text) {
  const std::filesystem::path file = run_directory() / name;
  if (text.empty()) {
    remove_file(file);
    return;
  }
  const ProcessId apt = calling_apt();
  make_run_directory();
  write_file_atomically(file, std::to_string(apt.pid) + " " + apt.start + "\n" + text, 0644);
}

ProcessId parse_process(std::string_view line) {
  const auto parts = words(line);
  if (parts.size() != 2) return {};
  return {parse_number<pid_t>(parts[0]).value_or(0), std::string(parts[1])};
}

/// The lines after the first.
std::vector<std::string> load_of_apt(const std::string& name) {
  const std::filesystem::path file = run_directory() / name;
  const auto text = read_file_if_exists(file);
  if (!text) return {};
  const auto all = lines(*text);
  if (!all.empty() && is_ancestor(parse_process(all.front()))) return {all.begin() + 1, all.end()};
  remove_file(file);
  return {};
}

}  // namespace

void store_skipped_packages(const std::set<std::string>& packages) {
  std::string text;
  for (const std::string& package : packages)
    text += package + "\n";
  store_for_apt("leave", text);
}

std::set<std::string> load_skipped_packages() {
  const auto packages = load_of_apt("leave");
  return {packages.begin(), packages.end()};
}

void store_apt_settings(const std::map<std::string, std::string>& settings) {
  std::string text;
  for (const auto& [key, value] : settings)
    text += key + " " + one_line(value) + "\n";
  store_for_apt("apt-settings", text);
}

void store_moved_apps(const std::map<Atom, std::string>& packages) {
  std::string text;
  for (const auto& [app, package] : packages)
    text += app.name + " " + package + "\n";
  try {
    store_for_apt("moves", text);
  } catch (const SystemError&) {
    // APT continues: the hooks then stop and start what moves.
  }
}

std::map<Atom, std::string> load_moved_apps() {
  std::map<Atom, std::string> packages;
  for (const std::string& line : load_of_apt("moves")) {
    const auto blank = line.find(' ');
    if (blank != std::string::npos) packages[Atom{line.substr(0, blank)}] = line.substr(blank + 1);
  }
  return packages;
}

std::map<std::string, std::string> load_apt_settings() {
  std::map<std::string, std::string> settings;
  for (const std::string& line : load_of_apt("apt-settings")) {
    const auto blank = line.find(' ');
    if (blank != std::string::npos) settings[line.substr(0, blank)] = line.substr(blank + 1);
  }
  return settings;
}

}  // namespace erlrc
