// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <sys/types.h>

#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <vector>

// What this host's dpkg is at, and what it knows, seen from one of its maintainer scripts.

namespace erlrc {

/// One process for all time: a number is used again.
struct ProcessId {
  pid_t pid = 0;
  std::string start{};  ///< when it began, in the clock ticks of /proc
  bool operator==(const ProcessId&) const = default;
};

/// The dpkg that called us, and the archives that it was told to unpack, in its order.
struct DpkgProcess {
  ProcessId id;
  std::vector<std::filesystem::path> archives;
};

/// Looks among our ancestors. An id of 0 and no archives: none of them is dpkg.
DpkgProcess calling_dpkg();

/// For a hook of APT: the first of our ancestors that is no shell.
ProcessId calling_apt();

/// Whether we run on behalf of that process.
bool is_ancestor(const ProcessId& id);

/// The archives that stand in dpkg's arguments. Relative names are taken from `directory`.
std::vector<std::filesystem::path> archives_in(const std::vector<std::string>& arguments,
                                               const std::filesystem::path& directory);

/// The package that an archive holds, as its file is named by convention: `liba` of `liba_1.1_all.deb` and of
/// `007-liba_1.1_all.deb`.
std::string package_of_file_name(const std::filesystem::path& archive);

/// The stanzas of dpkg's database for these packages, as one text; what it does not know is left out.
std::string query_packages(const std::filesystem::path& admindir, const std::vector<std::string>& packages);

/// The control stanza of an archive; nullopt if it cannot be read.
std::optional<std::string> archive_control(const std::filesystem::path& archive);

/// A further control member; nullopt if there is none of that name.
std::optional<std::string> archive_member(const std::filesystem::path& archive, const std::string& member);

/// Unpacks the files of an archive below `directory`; false if it cannot be.
[[nodiscard]] bool extract_archive(const std::filesystem::path& archive,
                                   const std::filesystem::path& directory);

}  // namespace erlrc
