// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <filesystem>

namespace erlrc {

/// The directory for files that must survive a reboot: $ERLRC_STATE, or /var/lib/erlrc.
std::filesystem::path state_directory();

/// The mode of directories in it: nodes run as users of their own, and have to read what is in there.
constexpr unsigned readable_by_nodes = 0755;

}  // namespace erlrc
