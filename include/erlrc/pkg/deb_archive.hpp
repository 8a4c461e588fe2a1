// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include <erlrc/base/bytes.hpp>

// Reads .deb archives with libapt-pkg, without unpacking them.

namespace erlrc {

/// Files of an archive, in memory, by their absolute paths once they are installed.
class ArchiveFiles {
public:
  /// `path` may lead through symbolic links in the archive itself. nullopt if the archive has no such file.
  std::optional<Bytes> read(const std::filesystem::path& path) const;

  /// The paths, from `directory` on, of the files below it, sorted. Links below it do not count.
  std::vector<std::string> files_below(const std::filesystem::path& directory) const;

  void add_file(const std::string& path, Bytes bytes);
  /// A symbolic link, relative or absolute.
  void add_symbolic_link(const std::string& path, const std::string& target);
  /// Another name of a file; `target` is a path within the archive, as in tar.
  void add_hard_link(const std::string& path, const std::string& target);

private:
  std::optional<std::string> resolved(const std::string& path) const;

  std::map<std::string, Bytes> files_;
  std::map<std::string, std::string> links_;  ///< both absolute and without dots
};

/// The file of that name among the control files; nullopt if the archive has none. Throws Error naming the
/// archive if it cannot be read.
std::optional<Bytes> read_control_member(const std::filesystem::path& archive, const std::string& member);

/// All .app, .appup and .beam files, the .so files below a directory priv, the files of
/// /etc/erlrc.d/applications, and the links. Throws Error naming the archive if it cannot be read, or if they
/// are larger than any real application.
ArchiveFiles read_application_files(const std::filesystem::path& archive);

}  // namespace erlrc
