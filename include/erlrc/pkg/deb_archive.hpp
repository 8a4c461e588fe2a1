// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <filesystem>
#include <optional>
#include <string>

#include <erlrc/base/bytes.hpp>
#include <erlrc/forecast/archive_files.hpp>

// Reads .deb archives with libapt-pkg, without unpacking them.

namespace erlrc {

/// The file of that name among the control files; nullopt if the archive has none. Throws Error naming the
/// archive if it cannot be read.
std::optional<Bytes> read_control_member(const std::filesystem::path& archive, const std::string& member);

/// The files for which is_application_file holds, and the links. Throws Error naming the archive if it cannot
/// be read, or if they are larger than any real application.
ArchiveFiles read_application_files(const std::filesystem::path& archive);

}  // namespace erlrc
