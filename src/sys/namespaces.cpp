// SPDX-License-Identifier: BSD-3-Clause
#include <erlrc/sys/namespaces.hpp>

#include <fcntl.h>
#include <sched.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <filesystem>
#include <string>

#include <erlrc/base/error.hpp>
#include <erlrc/sys/process.hpp>
#include <erlrc/sys/unique_fd.hpp>

namespace erlrc {
namespace {

namespace fs = std::filesystem;

/// Invalid if the file cannot be opened.
UniqueFd opened(const fs::path& file, int flags) {
  return UniqueFd(::open(file.c_str(), flags | O_CLOEXEC));
}

/// Whether both are there, and are not the same.
bool differ(const fs::path& a, const fs::path& b) {
  struct stat first {};
  struct stat second {};
  return ::stat(a.c_str(), &first) == 0 && ::stat(b.c_str(), &second) == 0 &&
         (first.st_ino != second.st_ino || first.st_dev != second.st_dev);
}

void enter(const UniqueFd& space, int kind, const std::string& name) {
  if (::setns(space.get(), kind) != 0) throw SystemError("enter the " + name + " of the caller", errno);
}

/// The root directory of the namespace need not be that of the caller.
void enter_mounts(const fs::path& caller) {
  const UniqueFd space = opened(caller / "ns/mnt", O_RDONLY);
  const UniqueFd root = opened(caller / "root", O_RDONLY | O_DIRECTORY);
  enter(space, CLONE_NEWNS, "mount namespace");
  if (::fchdir(root.get()) != 0 || ::chroot(".") != 0)
    throw SystemError("enter the root directory of the caller", errno);
}

}  // namespace

void enter_namespaces_of_caller() {
  const ProcessId id = calling_program();
  if (id.pid == 0) return;
  const fs::path caller = fs::path("/proc") / std::to_string(id.pid);
  const fs::path own = "/proc/self";
  if (differ(caller / "ns/net", own / "ns/net"))
    enter(opened(caller / "ns/net", O_RDONLY), CLONE_NEWNET, "network namespace");
  if (differ(caller / "ns/mnt", own / "ns/mnt")) enter_mounts(caller);
}

}  // namespace erlrc
