// SPDX-License-Identifier: BSD-3-Clause
#include "trusted_path.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <climits>
#include <string>
#include <utility>
#include <vector>

#include <erlrc/base/error.hpp>
#include <erlrc/sys/file.hpp>
#include <erlrc/sys/other_root.hpp>

namespace erlrc {
namespace {

std::string link_target(int directory, const std::string& name, const std::filesystem::path& path) {
  std::string target(PATH_MAX, '\0');
  const ssize_t size = ::readlinkat(directory, name.c_str(), target.data(), target.size());
  if (size < 0) throw SystemError(path.string() + ": open", errno);
  target.resize(static_cast<std::size_t>(size));
  return target;
}

/// Opens `path` by its parts, each in the directory that was opened before, so that no part can be exchanged
/// after it was checked.
class TrustedPath {
public:
  explicit TrustedPath(const std::filesystem::path& path, const std::filesystem::path& root = "/")
      : path_(path), root_(::open(root.c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC)) {
    if (!root_) fail(errno);
    follow(path);
  }

  UniqueFd open(int flags) {
    for (int links = 0; !rest_.empty();) {
      const std::string name = std::move(rest_.back());
      rest_.pop_back();
      if (name == ".." && is_root()) continue;  // as in the root directory of a process
      UniqueFd part(::openat(at_.get(), name.c_str(), O_PATH | O_NOFOLLOW | O_CLOEXEC));
      struct stat found {};
      if (!part || ::fstat(part.get(), &found) != 0) fail(errno);
      if (S_ISLNK(found.st_mode)) {
        if (found.st_uid != 0 && found.st_uid != ::geteuid())
          throw Error(path_.string() + ": leads through the symbolic link '" + name +
                      "', which is another user's");
        if (++links > most_links) fail(ELOOP);
        follow(link_target(at_.get(), name, path_));
      } else if (rest_.empty()) {
        // To open a device may have an effect: a watchdog begins to count, a tape rewinds.
        if (!S_ISREG(found.st_mode) && !S_ISDIR(found.st_mode))
          throw SystemError(path_.string() + ": read", EINVAL);
        return open_again(part, name, flags);
      } else {
        at_ = std::move(part);
      }
    }
    throw SystemError(path_.string() + ": read", EISDIR);
  }

private:
  /// Opens what was looked at; its name may be that of another file by now.
  UniqueFd open_again(const UniqueFd& part, const std::string& name, int flags) const {
    UniqueFd file(::open(("/proc/self/fd/" + std::to_string(part.get())).c_str(), flags | O_CLOEXEC));
    if (!file && errno == ENOENT)  // no /proc
      file = UniqueFd(::openat(at_.get(), name.c_str(), flags | O_NOFOLLOW | O_CLOEXEC));
    return file;
  }

  [[noreturn]] void fail(int error) const { throw SystemError(path_.string() + ": open", error); }

  bool is_root() const {
    struct stat here {
    }, root{};
    return ::fstat(at_.get(), &here) == 0 && ::fstat(root_.get(), &root) == 0 && here.st_dev == root.st_dev &&
           here.st_ino == root.st_ino;
  }

  static constexpr int most_links = 40;  // as many as the kernel follows

  /// Puts the parts of `path`, which begins here or in `root_`, before the rest.
  void follow(const std::filesystem::path& path) {
    if (path.is_absolute() || !at_) {
      const int from = path.is_absolute() ? root_.get() : AT_FDCWD;
      at_ = UniqueFd(::openat(from, ".", O_PATH | O_DIRECTORY | O_CLOEXEC));
      if (!at_) fail(errno);
    }
    const std::filesystem::path parts = path.relative_path();
    std::vector<std::string> names(parts.begin(), parts.end());
    std::erase(names, "");
    rest_.insert(rest_.end(), names.rbegin(), names.rend());
  }

  std::filesystem::path path_;
  UniqueFd root_;  ///< opened once: the process that has it may end, or change it
  UniqueFd at_;
  std::vector<std::string> rest_;  ///< the next one last
};

}  // namespace

UniqueFd open_past_no_foreign_link(const std::filesystem::path& path, int flags) {
  return TrustedPath(path).open(flags);
}

Bytes read_file_in_root(const std::filesystem::path& root, const std::filesystem::path& path) {
  const UniqueFd fd = TrustedPath(path, root).open(O_RDONLY | O_NONBLOCK | O_NOCTTY);
  if (!fd) throw SystemError(path.string() + ": open", errno);
  return read_stream(fd.get(), path.string());
}

}  // namespace erlrc
