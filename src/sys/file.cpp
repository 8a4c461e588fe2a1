// SPDX-License-Identifier: BSD-3-Clause
#include <erlrc/sys/file.hpp>

#include <dirent.h>
#include <fcntl.h>
#include <poll.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <climits>
#include <cstdlib>
#include <memory>
#include <utility>

#include <erlrc/base/error.hpp>
#include <erlrc/sys/unique_fd.hpp>

#include "trusted_path.hpp"

namespace erlrc {
namespace {

[[noreturn]] void fail(const std::filesystem::path& path, const char* tried, int error) {
  throw SystemError(path.string() + ": " + tried, error);
}

FileStatus to_status(const struct stat& found) {
  using Kind = FileStatus::Kind;
  return {S_ISREG(found.st_mode)   ? Kind::file
          : S_ISDIR(found.st_mode) ? Kind::directory
                                   : Kind::other,
          found.st_mode & 07777U, found.st_uid, found.st_gid, static_cast<std::size_t>(found.st_size)};
}

int open_file(const char* path, int flags, mode_t mode = 0) {
  for (;;) {
    const int fd = ::open(path, flags | O_CLOEXEC, mode);
    if (fd >= 0 || errno != EINTR) return fd;
  }
}

[[noreturn]] void too_large(const std::filesystem::path& path, std::size_t most) {
  throw Error(path.string() + ": larger than " + std::to_string(most) + " bytes, and therefore not read");
}

/// Waits until the descriptor can be read.
void wait_to_read(int fd, Deadline until, const std::filesystem::path& path) {
  pollfd source{fd, POLLIN, 0};
  for (;;) {
    const auto left = static_cast<int>(std::min<std::int64_t>(left_until(until).count(), INT_MAX));
    const int ready = ::poll(&source, 1, left);
    if (ready > 0) return;
    if (ready < 0 && errno != EINTR) fail(path, "poll", errno);
    if (left == 0) throw TimedOut();
  }
}

struct ReadLimits {
  std::size_t most = largest_file;
  std::optional<Deadline> until{};
};

/// The file may grow or shrink between stat and read, and files of /proc report no size at all.
Bytes read_to_end(int fd, std::size_t expected, const std::filesystem::path& path, ReadLimits limits) {
  if (expected > limits.most) too_large(path, limits.most);
  Bytes bytes;
  std::size_t filled = 0;
  // One byte more, so that the end is seen without growing.
  bytes.resize(std::max<std::size_t>(expected, 511) + 1);
  for (;;) {
    if (limits.until) wait_to_read(fd, *limits.until, path);
    const ssize_t count = ::read(fd, bytes.data() + filled, bytes.size() - filled);
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) fail(path, "read", errno);
    if (count == 0) break;
    filled += static_cast<std::size_t>(count);
    if (filled > limits.most) too_large(path, limits.most);
    if (filled == bytes.size()) bytes.resize(bytes.size() * 2);
  }
  bytes.resize(filled);
  return bytes;
}

void write_whole(int fd, BytesView bytes, const std::filesystem::path& path) {
  while (!bytes.empty()) {
    const ssize_t count = ::write(fd, bytes.data(), bytes.size());
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) fail(path, "write", errno);
    bytes.remove_prefix(static_cast<std::size_t>(count));
  }
}

/// Synchronizes the directory that contains `name`, so that a change of the name survives a power cut.
void synchronize_directory_of(const std::filesystem::path& name) {
  const std::filesystem::path path = name.has_parent_path() ? name.parent_path() : ".";
  const UniqueFd fd(open_file(path.c_str(), O_RDONLY | O_DIRECTORY));
  if (!fd) fail(path, "open", errno);
  // Some file systems cannot synchronize a directory, and then nothing can be done.
  if (::fsync(fd.get()) != 0 && errno != EINVAL) fail(path, "fsync", errno);
}

FileContent load_open_file(const UniqueFd& fd, const std::filesystem::path& path, std::size_t most) {
  struct stat found {};
  if (::fstat(fd.get(), &found) != 0) fail(path, "stat", errno);
  FileContent content{to_status(found), {}};
  if (content.status.kind == FileStatus::Kind::directory) fail(path, "read", EISDIR);
  if (content.status.kind == FileStatus::Kind::other) fail(path, "read", EINVAL);
  content.bytes = read_to_end(fd.get(), content.status.size, path, {most});
  return content;
}

/// Without O_NONBLOCK the open of a pipe would wait for its other end. A terminal must not become ours.
constexpr int to_read = O_RDONLY | O_NONBLOCK | O_NOCTTY;

UniqueFd open_to_read(const std::filesystem::path& path) {
  return UniqueFd(open_file(path.c_str(), to_read));
}

}  // namespace

std::optional<FileStatus> file_status(const std::filesystem::path& path) {
  struct stat found {};
  if (::stat(path.c_str(), &found) == 0) return to_status(found);
  if (errno == ENOENT || errno == ENOTDIR) return std::nullopt;
  fail(path, "stat", errno);
}

std::optional<FileIdentity> file_identity(const std::filesystem::path& path) {
  struct stat found {};
  if (::stat(path.c_str(), &found) == 0) return FileIdentity{found.st_dev, found.st_ino};
  if (errno == ENOENT || errno == ENOTDIR) return std::nullopt;
  fail(path, "stat", errno);
}

std::filesystem::path existing_part(std::filesystem::path path) {
  while (path.has_relative_path() && !visible_status(path))
    path = path.parent_path();
  return path;
}

bool is_there(const std::filesystem::path& path) {
  struct stat found {};
  return ::lstat(path.c_str(), &found) == 0;
}

std::optional<FileStatus> visible_status(const std::filesystem::path& path) {
  struct stat found {};
  if (::stat(path.c_str(), &found) != 0) return std::nullopt;
  return to_status(found);
}

bool is_visible_file(const std::filesystem::path& path) {
  const auto status = visible_status(path);
  return status && status->kind == FileStatus::Kind::file;
}

FileContent load_file(const std::filesystem::path& path, std::size_t most) {
  const UniqueFd fd = open_to_read(path);
  if (!fd) fail(path, "open", errno);
  return load_open_file(fd, path, most);
}

FileContent load_file_past_no_foreign_link(const std::filesystem::path& path, std::size_t most) {
  const UniqueFd fd = open_past_no_foreign_link(path, to_read);
  if (!fd) fail(path, "open", errno);
  return load_open_file(fd, path, most);
}

Bytes read_file(const std::filesystem::path& path, std::size_t most) {
  return load_file(path, most).bytes;
}

std::optional<Bytes> read_file_if_exists(const std::filesystem::path& path, std::size_t most) {
  const UniqueFd fd = open_to_read(path);
  if (fd) return load_open_file(fd, path, most).bytes;
  if (errno == ENOENT || errno == ENOTDIR) return std::nullopt;
  fail(path, "open", errno);
}

bool is_terminal_input() {
  return ::isatty(standard_input) == 1;
}

bool is_terminal_output() {
  return ::isatty(STDOUT_FILENO) == 1;
}

Bytes read_standard_input() {
  if (is_terminal_input())
    throw Error("standard input: a terminal would show what is typed, expected a file or a pipe");
  return read_to_end(standard_input, 0, "standard input", {});
}

Bytes read_stream(int fd, const std::string& name, std::optional<Deadline> until) {
  return read_to_end(fd, 0, name, {largest_file, until});
}

void write_stream(int fd, BytesView bytes, const std::string& name) {
  write_whole(fd, bytes, name);
}

std::optional<std::string> read_link_if_readable(const std::filesystem::path& path) {
  std::string target(PATH_MAX, '\0');
  const ssize_t size = ::readlink(path.c_str(), target.data(), target.size());
  if (size < 0) return std::nullopt;
  target.resize(static_cast<std::size_t>(size));
  return target;
}

std::filesystem::path absolute_path(const std::filesystem::path& path) {
  if (path.is_absolute()) return path.lexically_normal();
  std::string directory(PATH_MAX, '\0');
  if (::getcwd(directory.data(), directory.size()) == nullptr)
    fail(path, "find the working directory", errno);
  return (std::filesystem::path(directory.c_str()) / path).lexically_normal();
}

void write_file_atomically(const std::filesystem::path& path, BytesView bytes, mode_t mode,
                           std::optional<gid_t> group) {
  // The name begins with a dot, so that a reader of the directory does not take it for one of its files. It
  // does not contain the whole name, which may be as long as a name can be.
  std::string draft = (path.parent_path() / ".erlrc.XXXXXX").string();
  const UniqueFd fd(::mkostemp(draft.data(), O_CLOEXEC));
  if (!fd) fail(path, "create a temporary file next to it", errno);
  try {
    write_whole(fd.get(), bytes, draft);
    // The group before the mode, so that no other group can read it meanwhile.
    if (group && ::fchown(fd.get(), static_cast<uid_t>(-1), *group) != 0)
      fail(path, "give it to its group", errno);
    if (::fchmod(fd.get(), mode) != 0) fail(draft, "chmod", errno);
    if (::fsync(fd.get()) != 0) fail(draft, "fsync", errno);
    if (::rename(draft.c_str(), path.c_str()) != 0) fail(path, "rename to it", errno);
  } catch (const Error&) {
    ::unlink(draft.c_str());
    throw;
  }
  synchronize_directory_of(path);
}

bool remove_file(const std::filesystem::path& path) {
  if (::unlink(path.c_str()) != 0) {
    if (errno == ENOENT) return false;
    fail(path, "remove", errno);
  }
  synchronize_directory_of(path);
  return true;
}

void remove_tree(const std::filesystem::path& path) {
  if (::unlink(path.c_str()) == 0 || errno == ENOENT || errno == ENOTDIR) return;
  // A directory: EISDIR on Linux, EPERM in POSIX.
  if (errno != EISDIR && errno != EPERM) fail(path, "remove", errno);
  for (const std::string& name : directory_names(path).value_or(std::vector<std::string>{}))
    remove_tree(path / name);
  if (::rmdir(path.c_str()) != 0 && errno != ENOENT) fail(path, "remove", errno);
}

bool make_directory(const std::filesystem::path& path, mode_t mode, std::optional<gid_t> group) {
  // The group before the mode, so that no other group can use it meanwhile.
  if (::mkdir(path.c_str(), mode & 0700U) != 0) {
    if (errno == EEXIST) return false;
    fail(path, "make directory", errno);
  }
  if (group) set_group(path, *group);
  if (::chmod(path.c_str(), mode) != 0) fail(path, "chmod", errno);
  return true;
}

void make_directories(const std::filesystem::path& path, mode_t mode) {
  if (path.empty() || file_status(path)) return;
  make_directories(path.parent_path(), mode);
  make_directory(path, mode);
}

void expect_own_directory(const std::filesystem::path& path) {
  const auto status = file_status(path);
  if (!status || status->kind != FileStatus::Kind::directory)
    throw Error(path.string() + ": is not a directory");
  if (status->owner != 0 && status->owner != ::geteuid())
    throw Error(path.string() + ": belongs to user " + std::to_string(status->owner) + ", expected root");
  if ((status->mode & 0022U) != 0)
    throw Error(path.string() + ": writable by its group or by others: chmod 0700 " + path.string());
}

void link_or_copy(const std::filesystem::path& file, const std::filesystem::path& copy) {
  if (::link(file.c_str(), copy.c_str()) == 0) return;
  const FileContent content = load_file(file);
  const UniqueFd fd(open_file(copy.c_str(), O_WRONLY | O_CREAT | O_EXCL, 0600));
  if (!fd) fail(copy, "create", errno);
  write_whole(fd.get(), content.bytes, copy);
  if (::fchmod(fd.get(), content.status.mode) != 0) fail(copy, "chmod", errno);
}

std::optional<std::uintmax_t> free_space(const std::filesystem::path& path) {
  struct statvfs found {};
  if (::statvfs(path.c_str(), &found) != 0) return std::nullopt;
  return std::uintmax_t{found.f_bavail} * found.f_frsize;
}

void set_group(const std::filesystem::path& path, gid_t group) {
  if (::chown(path.c_str(), static_cast<uid_t>(-1), group) != 0) fail(path, "change its group", errno);
}

std::optional<std::vector<std::string>> directory_names(const std::filesystem::path& path) {
  const auto close = [](DIR* directory) { ::closedir(directory); };
  const std::unique_ptr<DIR, decltype(close)> directory(::opendir(path.c_str()), close);
  if (!directory && errno == ENOENT) return std::nullopt;
  if (!directory) fail(path, "open directory", errno);
  std::vector<std::string> names;
  for (;;) {
    errno = 0;
    const dirent* entry = ::readdir(directory.get());
    if (entry == nullptr && errno != 0) fail(path, "read directory", errno);
    if (entry == nullptr) break;
    std::string name = entry->d_name;
    if (name != "." && name != "..") names.push_back(std::move(name));
  }
  std::ranges::sort(names);
  return names;
}

UniqueFd lock_directory(const std::filesystem::path& path, Deadline until) {
  UniqueFd fd(open_file(path.c_str(), O_RDONLY | O_DIRECTORY));
  if (!fd) fail(path, "open", errno);
  // flock(2) has no deadline.
  while (::flock(fd.get(), LOCK_EX | LOCK_NB) != 0) {
    if (errno != EWOULDBLOCK && errno != EINTR) fail(path, "lock", errno);
    if (left_until(until) == milliseconds{0}) throw TimedOut();
    ::usleep(20'000);
  }
  return fd;
}

}  // namespace erlrc
