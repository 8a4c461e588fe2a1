// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <filesystem>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include <erlrc/forecast/archive_files.hpp>
#include <erlrc/sys/deadline.hpp>
#include <erlrc/transaction/control_member.hpp>
#include <erlrc/transaction/rpm_archive.hpp>

// Archives of rpm on disk: read without rpm where that is possible, since each of its programs costs more
// than all else, and by rpm's programs otherwise.

namespace erlrc {

/// The headers of all of them. Throws Error if one cannot be read.
std::vector<RpmArchive> open_rpm_archives(const std::vector<std::string>& archives, Deadline until);

/// The content of a file of an archive; nullopt if it cannot be read.
std::optional<std::string> file_of_archive(const std::string& archive, const RpmArchive& opened,
                                           const std::string& file, Deadline until);

/// The directory of the control members, as rpm's headers name it.
extern const std::string members_in_archives;

/// The path of the control member of this version in its archive; nullopt if it has none.
std::optional<std::string> member_path(const RpmPackage& package);

/// The files of an archive that a forecast needs, and its control member. Throws Error if they cannot be
/// read.
ArchiveFiles files_of_archive(const std::string& archive, const RpmArchive& opened, Deadline until);

/// The applications among these files, whose content `read` returns. What cannot be read is left out: the
/// package did not ask us to look into it.
PackagedApps apps_among(const std::vector<std::string>& files,
                        const std::function<Bytes(const std::filesystem::path&)>& read);

/// The applications of an installed version, as rpm lists its files.
PackagedApps installed_apps(const std::string& package, const std::string& version, Deadline until);

}  // namespace erlrc
