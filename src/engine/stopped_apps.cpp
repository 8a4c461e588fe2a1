// SPDX-License-Identifier: BSD-3-Clause
#include <erlrc/engine/stopped_apps.hpp>

#include <sstream>

#include <erlrc/engine/run_file.hpp>
#include <erlrc/sys/file.hpp>

namespace erlrc {
namespace {

std::filesystem::path file() {
  return run_directory() / "stopped";
}

}  // namespace

StoppedApps load_stopped_apps() {
  StoppedApps apps;
  std::istringstream lines(read_file_if_exists(file()).value_or(""));
  for (std::string node, app; lines >> node >> app;)
    apps.emplace(node, Atom{app});
  return apps;
}

void store_stopped_apps(const StoppedApps& apps) {
  if (apps.empty()) {
    remove_file(file());
    return;
  }
  std::string text;
  for (const auto& [node, app] : apps)
    text += node + " " + app.name + "\n";
  make_run_directory();
  write_file_atomically(file(), text, 0644);
}

}  // namespace erlrc
