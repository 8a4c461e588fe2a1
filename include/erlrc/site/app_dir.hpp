// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <filesystem>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include <erlrc/app/app_files.hpp>

// Application directories, from disk or from a package's archive to values.

namespace erlrc {

/// The first directory of a code path that holds APP.app, as OTP's `code:where_is_file/1` finds it. One that
/// cannot be searched has none.
std::optional<std::string> find_ebin(const std::vector<std::string>& path, const Atom& app);

/// Reads `ebin`/APP.app, whichever version it is of; else as below.
AppSpec load_spec(const std::filesystem::path& ebin, const Atom& app);

/// Reads `ebin`/APP.app only. Throws Error naming the file if it is missing, unreadable, broken, of another
/// application, or of another version than `vsn`. Where dpkg is unpacking another version over that one, the
/// files are those that it keeps for going back (FILE.dpkg-tmp).
AppFiles load_app_spec(const std::filesystem::path& ebin, const Atom& app, const std::string& vsn);

/// The same with the beams of all modules that the .app lists, and the .appup if there is one.
AppFiles load_app_files(const std::filesystem::path& ebin, const Atom& app, const std::string& vsn);

/// Reads the file of that path; nullopt if there is none. It is called by several threads at once.
using FileReader = std::function<std::optional<Bytes>(const std::filesystem::path&)>;

/// The same two with the files from elsewhere, where directories are not asked for.
AppFiles load_app_spec(const std::filesystem::path& ebin, const Atom& app, const std::string& vsn,
                       const FileReader& read);
AppFiles load_app_files(const std::filesystem::path& ebin, const Atom& app, const std::string& vsn,
                        const FileReader& read);

}  // namespace erlrc
