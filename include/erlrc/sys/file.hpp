// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <sys/types.h>

#include <cstddef>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include <erlrc/base/bytes.hpp>

// Files of this host. Each failure is a SystemError that names the file first. Of std::filesystem only `path`
// is used: its functions would bring iostreams, and with them a third of the time that a program of ours
// takes to start.

namespace erlrc {

/// What stat(2) tells of a file, symbolic links followed.
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

/// The content of `path` and the status of that very file, so that what was checked is what was read.
struct FileContent {
  FileStatus status;
  Bytes bytes;
};

/// Reads a whole file. Throws SystemError, with EISDIR for a directory and EINVAL for a pipe, a socket or a
/// device.
FileContent load_file(const std::filesystem::path& path);

/// Reads a whole file of which only the bytes matter.
Bytes read_file(const std::filesystem::path& path);

/// The same; nullopt if there is no such file.
std::optional<Bytes> read_file_if_exists(const std::filesystem::path& path);

/// Where a symbolic link points to; nullopt if it cannot be read, for whatever reason.
std::optional<std::string> read_link_if_readable(const std::filesystem::path& path);

/// Replaces `path` by a file with this content and mode: whoever opens it sees the old or the new one whole,
/// also after a power cut.
void write_file_atomically(const std::filesystem::path& path, BytesView bytes, mode_t mode);

/// The names in a directory, sorted, without `.` and `..`. nullopt if there is no such directory.
std::optional<std::vector<std::string>> directory_names(const std::filesystem::path& path);

}  // namespace erlrc
