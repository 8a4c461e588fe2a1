// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <filesystem>

#include <erlrc/sys/unique_fd.hpp>

namespace erlrc {

/// Opens a file with the flags of open(2). Throws Error if the path leads through a symbolic link of another
/// user than root and ours, and SystemError. An empty descriptor: the file itself cannot be opened (errno).
UniqueFd open_past_no_foreign_link(const std::filesystem::path& path, int flags);

}  // namespace erlrc
