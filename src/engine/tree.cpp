// SPDX-License-Identifier: BSD-3-Clause
#include "tree.hpp"

#include <system_error>

#include <erlrc/base/error.hpp>
#include <erlrc/sys/environment.hpp>
#include <erlrc/sys/file.hpp>

namespace erlrc {
namespace {

namespace fs = std::filesystem;

void check(const std::error_code& failed, const fs::path& path, const std::string& tried) {
  if (failed) throw SystemError(path.string() + ": " + tried, failed.value());
}

}  // namespace

fs::path state_directory() {
  return environment("ERLRC_STATE").value_or("/var/lib/erlrc");
}

void make_directories(const fs::path& path) {
  if (file_status(path)) return;
  make_directories(path.parent_path());
  std::error_code failed;
  fs::create_directory(path, failed);
  check(failed, path, "create directory");
  fs::permissions(path, fs::perms(0755), failed);
  check(failed, path, "chmod");
}

void remove_tree(const fs::path& path) {
  std::error_code failed;
  fs::remove_all(path, failed);
  check(failed, path, "remove");
}

}  // namespace erlrc
