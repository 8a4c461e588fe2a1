// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <filesystem>

// Directories of ours.

namespace erlrc {

/// Where what must survive a reboot is: $ERLRC_STATE, or /var/lib/erlrc.
std::filesystem::path state_directory();

/// Makes the directory and those above it, open to all: nodes run as users of their own, and have to read
/// what is in there.
void make_directories(const std::filesystem::path& path);

void remove_tree(const std::filesystem::path& path);

}  // namespace erlrc
