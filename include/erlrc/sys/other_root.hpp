// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <filesystem>

#include <erlrc/base/bytes.hpp>

namespace erlrc {

/// Reads a file as a process with the root directory `root` (`/proc/PID/root`) sees it: absolute links and
/// `..` lead to no place outside of it. Like load_file_past_no_foreign_link otherwise. `path` is absolute.
Bytes read_file_in_root(const std::filesystem::path& root, const std::filesystem::path& path);

}  // namespace erlrc
