// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <filesystem>

namespace erlrc {

/// The directory for files that must survive a reboot: $ERLRC_STATE, or /var/lib/erlrc.
std::filesystem::path state_directory();

}  // namespace erlrc
