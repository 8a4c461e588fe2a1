// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <filesystem>

#include <erlrc/pkg/apt_hook.hpp>

// What the configuration of APT has for the preflight (erlrc-apt-preflight(8)).

namespace erlrc {

/// Erlrc::Preflight
enum class PreflightMode {
  report,  ///< report the effect on nodes, and let APT continue
  refuse,  ///< the same, but abort the transaction if a part of it cannot be done
  leave,   ///< the same, but the hooks skip the packages that cannot be upgraded
  off,
};

/// Throws Error for another value than those; report if it is not set.
PreflightMode preflight_mode(const AptConfig& config);

/// Erlrc::Hooks and ERLRC_HOOKS: whether nodes are left alone in this run. Throws Error for another value than `on`
/// and `off`.
bool apt_hooks_are_off(const AptConfig& config);

/// Whether APT works on the system that we run in: the hooks of packages in another system find no nodes.
bool is_this_system(const AptConfig& config);

/// The directory of dpkg's records.
std::filesystem::path admin_directory(const AptConfig& config);

}  // namespace erlrc
