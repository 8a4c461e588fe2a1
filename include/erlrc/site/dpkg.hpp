// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include <erlrc/sys/deadline.hpp>
#include <erlrc/sys/process.hpp>

// This host's dpkg, seen from one of its maintainer scripts: the running process, its database, archives.

namespace erlrc {

/// The dpkg that called us.
struct DpkgProcess {
  ProcessId id;
  std::vector<std::filesystem::path> archives;  ///< in its arguments, in its order
  std::vector<std::string> removals{};          ///< the packages that it removes: NAME[:ARCH]
};

/// Searches our ancestors. If none of them is dpkg, the result has pid 0 and nothing else.
DpkgProcess calling_dpkg();

/// For a hook of APT: the nearest of our ancestors that is not a shell.
ProcessId calling_apt();

/// Whether we run on behalf of that process.
bool is_ancestor(const ProcessId& id);

/// Activates a trigger of dpkg on behalf of the package whose script calls us: the package that is interested
/// in it is called when all others are configured. Whether that worked.
bool activate_trigger(const std::string& name, Deadline until);

/// The archives in dpkg's arguments. Relative names begin in `directory`.
std::vector<std::filesystem::path> archives_in(const std::vector<std::string>& arguments,
                                               const std::filesystem::path& directory);

/// The packages that dpkg is to remove or purge according to its arguments: NAME[:ARCH]. The value of an
/// option may be among them.
std::vector<std::string> removals_in(const std::vector<std::string>& arguments);

/// The package in an archive, according to the conventional name of its file: `liba` for `liba_1.1_all.deb`
/// and `007-liba_1.1_all.deb`.
std::string package_of_file_name(const std::filesystem::path& archive);

// The functions below run dpkg's programs, and throw Error if one of them does not end until `until`.

/// The stanzas of dpkg's database for these packages, as one text, without the packages that it does not
/// know.
std::string query_packages(const std::filesystem::path& admindir, const std::vector<std::string>& packages,
                           Deadline until);

/// The control stanza of an archive; nullopt if it cannot be read.
std::optional<std::string> archive_control(const std::filesystem::path& archive, Deadline until);

/// A file of the archive's control part; nullopt if there is no such file.
std::optional<std::string> archive_member(const std::filesystem::path& archive, const std::string& member,
                                          Deadline until);

/// Unpacks the files of an archive below `directory`; false if that fails.
[[nodiscard]] bool extract_archive(const std::filesystem::path& archive,
                                   const std::filesystem::path& directory, Deadline until);

}  // namespace erlrc
