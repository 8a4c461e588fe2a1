// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include <erlrc/sys/deadline.hpp>

// This host's rpm: its database and archives, read by its own programs. Each function throws Error if one of
// them does not end until `until`.

namespace erlrc {

/// What `rpm --query` prints about the archives in that format. Throws Error if one cannot be read.
std::string query_rpm_archives(const std::vector<std::string>& archives, const std::string& format,
                               Deadline until);

/// The same for installed packages; rpm prints a line for each name that it does not know. Throws Error if
/// the database cannot be read.
std::string query_rpm_packages(const std::vector<std::string>& packages, const std::string& format,
                               Deadline until);

/// The files of an installed package; empty if it is not installed.
std::vector<std::string> rpm_files(const std::string& package, Deadline until);

/// The files of an archive. Throws Error if it cannot be read.
std::vector<std::string> rpm_archive_files(const std::string& archive, Deadline until);

/// The content of one file of an archive; nullopt if it has no such file, or is damaged.
std::optional<std::string> rpm_archive_file(const std::filesystem::path& archive,
                                            const std::filesystem::path& file, Deadline until);

/// The payload of an archive, an archive of cpio. Throws Error if it cannot be read.
std::string rpm_archive_cpio(const std::filesystem::path& archive, Deadline until);

/// Unpacks the files of an archive below `directory`; false if that fails.
[[nodiscard]] bool extract_rpm(const std::filesystem::path& archive, const std::filesystem::path& directory,
                               Deadline until);

}  // namespace erlrc
