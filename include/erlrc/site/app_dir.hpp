// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <filesystem>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include <erlrc/app/app_files.hpp>

// Application directories as values, read from disk or from a package's archive.

namespace erlrc {

/// The first directory of a code path that contains APP.app, as OTP's `code:where_is_file/1` finds it. A
/// directory that cannot be searched is skipped.
std::optional<std::string> find_ebin(const std::vector<std::string>& path, const Atom& app);

/// Reads `ebin`/APP.app, of any version; else as below.
AppSpec load_spec(const std::filesystem::path& ebin, const Atom& app);

/// What has named a directory. The files in one that a node has named are not read through links of other
/// users; and if some of them are not readable by everyone, errors do not quote what they contain. Its user
/// could otherwise have root read files for him.
enum class NamedBy { user, node };

/// Reads `ebin`/APP.app only. Throws Error naming the file if it is missing, unreadable, broken, of another
/// application, or of another version than `vsn`. While dpkg is unpacking another version over that one,
/// reads its backups of the old files (FILE.dpkg-tmp).
AppFiles load_app_spec(const std::filesystem::path& ebin, const Atom& app, const std::string& vsn,
                       NamedBy named_by = NamedBy::user);

/// The same with the beams of all modules in the directory, the shared libraries in the priv directory if a
/// module has NIFs, and the .appup if there is one. A module that the .app does not list counts if its beam
/// is whole and no other .app in the directory lists it.
AppFiles load_app_files(const std::filesystem::path& ebin, const Atom& app, const std::string& vsn,
                        NamedBy named_by = NamedBy::user);

/// Where files are read.
struct FileSource {
  /// The file of that path; nullopt if there is no such file. Called by several threads at once.
  std::function<std::optional<Bytes>(const std::filesystem::path&)> read;
  /// The files below a directory, by their paths there, sorted; none if there is no such directory.
  std::function<std::vector<std::string>(const std::filesystem::path&)> files_below;
};

/// The same two with files from elsewhere, without looking for the directory.
AppFiles load_app_spec(const std::filesystem::path& ebin, const Atom& app, const std::string& vsn,
                       const FileSource& source);
AppFiles load_app_files(const std::filesystem::path& ebin, const Atom& app, const std::string& vsn,
                        const FileSource& source);

/// The files below a directory, by their paths there, sorted; none if there is no such directory. Symbolic
/// links to directories are not followed.
std::vector<std::string> files_below(const std::filesystem::path& directory);

/// The directory priv of an application whose files are read from `ebin`: next to it, or, in a backup, in it.
std::filesystem::path priv_of(const std::filesystem::path& ebin);

}  // namespace erlrc
