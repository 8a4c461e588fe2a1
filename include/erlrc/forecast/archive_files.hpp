// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <erlrc/base/bytes.hpp>

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

/// Whether a forecast needs the file of that path: a .app, .appup or .beam file, a .so file below a directory
/// priv, or one of /etc/erlrc.d/applications.
bool is_application_file(std::string_view path);

}  // namespace erlrc
