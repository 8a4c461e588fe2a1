// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <sys/types.h>

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include <erlrc/base/bytes.hpp>
#include <erlrc/sys/deadline.hpp>
#include <erlrc/sys/unique_fd.hpp>

// Files of this host. Each failure is a SystemError that names the file first. Of std::filesystem, only
// `path` is used: its functions would bring iostreams, and with them a third of the time that one of our
// programs takes to start.

namespace erlrc {

/// What stat(2) reports of a file, symbolic links followed.
struct FileStatus {
  enum class Kind { file, directory, other };
  Kind kind = Kind::other;
  mode_t mode = 0;  ///< the permission bits only
  uid_t owner = 0;
  gid_t group = 0;
  std::size_t size = 0;
  bool operator==(const FileStatus&) const = default;
};

/// The status of `path`; nullopt if there is no such file.
std::optional<FileStatus> file_status(const std::filesystem::path& path);

/// The same; nullopt also if it cannot be known, for whatever reason.
std::optional<FileStatus> visible_status(const std::filesystem::path& path);

/// Which file it is: no other file of the system has the same, under whatever name, in whatever container.
struct FileIdentity {
  std::uint64_t device = 0;
  std::uint64_t inode = 0;
  bool operator==(const FileIdentity&) const = default;
};

/// The identity of `path`, symbolic links followed; nullopt if there is no such file.
std::optional<FileIdentity> file_identity(const std::filesystem::path& path);

/// The longest part of an absolute path that exists, from its beginning.
std::filesystem::path existing_part(std::filesystem::path path);

/// Whether there is something of that name. A link that leads nowhere, or in a circle, is something.
bool is_there(const std::filesystem::path& path);

/// Whether `path` is a regular file, as far as this process can see.
bool is_visible_file(const std::filesystem::path& path);

/// The content of `path` and the status of that very file, so that what was checked is what was read.
struct FileContent {
  FileStatus status;
  Bytes bytes;
};

/// Only a mistake or an attack makes a larger file of those that we read.
inline constexpr std::size_t largest_file = std::size_t{64} << 20;

/// Reads a whole file. Throws SystemError, with EISDIR for a directory and EINVAL for a pipe, a socket or a
/// device; and Error for a file of more than `most` bytes, whose content is not read.
FileContent load_file(const std::filesystem::path& path, std::size_t most = largest_file);

/// The same, but throws Error if the path leads through a symbolic link of another user than root and ours:
/// such a user must not choose what we read.
FileContent load_file_past_no_foreign_link(const std::filesystem::path& path,
                                           std::size_t most = largest_file);

/// Reads a whole file of which only the bytes matter.
Bytes read_file(const std::filesystem::path& path, std::size_t most = largest_file);

/// The same; nullopt if there is no such file.
std::optional<Bytes> read_file_if_exists(const std::filesystem::path& path, std::size_t most = largest_file);

/// The descriptor of standard input.
inline constexpr int standard_input = 0;

/// Whether standard input, or output, is a terminal.
bool is_terminal_input();
bool is_terminal_output();

/// All of standard input. Throws SystemError; Error if it is larger than the largest file, and if it is a
/// terminal, which would show what is typed.
Bytes read_standard_input();

/// Reads the rest of an open descriptor, which may be a pipe, up to its end. `name` is for messages. Throws
/// Error if that is more than the largest file, and TimedOut if the end does not come until `until`.
Bytes read_stream(int fd, const std::string& name, std::optional<Deadline> until = std::nullopt);

/// Writes all of `bytes` to an open descriptor. `name` is for messages.
void write_stream(int fd, BytesView bytes, const std::string& name);

/// Where a symbolic link points to; nullopt if it cannot be read, for whatever reason.
std::optional<std::string> read_link_if_readable(const std::filesystem::path& path);

/// `path` from the root directory on, without dots; a relative path begins in the working directory.
std::filesystem::path absolute_path(const std::filesystem::path& path);

/// Replaces `path` by a file with this content, mode and group (the caller's own, if none is given). A reader
/// sees the whole old file or the whole new one, also after a power cut. Until then, the bytes are in a file
/// next to it whose name starts with a dot and that only its owner may read.
void write_file_atomically(const std::filesystem::path& path, BytesView bytes, mode_t mode,
                           std::optional<gid_t> group = std::nullopt);

/// Removes a file, for good also after a power cut. Returns whether there was one.
bool remove_file(const std::filesystem::path& path);

/// Removes a file or a directory with all that is in it; symbolic links are not followed. It may be missing.
void remove_tree(const std::filesystem::path& path);

/// Makes a directory with exactly this mode and this group (the caller's own, if none is given). Returns
/// whether it was made: an existing one is left alone.
bool make_directory(const std::filesystem::path& path, mode_t mode,
                    std::optional<gid_t> group = std::nullopt);

/// Makes a directory and those that it is in, each with exactly this mode, as far as they are missing.
void make_directories(const std::filesystem::path& path, mode_t mode);

/// Throws Error if this is not a directory of root or of our own user, or if others can write it.
void expect_own_directory(const std::filesystem::path& path);

/// Makes `copy` a second name of `file`, or, on another file system, a copy of it with its mode.
void link_or_copy(const std::filesystem::path& file, const std::filesystem::path& copy);

/// The free bytes of the file system of `path`; nullopt if it does not report them.
std::optional<std::uintmax_t> free_space(const std::filesystem::path& path);

/// Gives a file or directory to a group.
void set_group(const std::filesystem::path& path, gid_t group);

/// The names in a directory, sorted, without `.` and `..`. nullopt if there is no such directory.
std::optional<std::vector<std::string>> directory_names(const std::filesystem::path& path);

/// Locks a directory against other callers of this function, until the descriptor is closed or its process
/// ends. Throws TimedOut if another process has the lock until `until`.
UniqueFd lock_directory(const std::filesystem::path& path, Deadline until);

}  // namespace erlrc
