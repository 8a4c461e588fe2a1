// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <filesystem>
#include <map>
#include <string>

#include <erlrc/pkg/apt_hook.hpp>

// What the configuration of APT has for the preflight (erlrc-apt-preflight(8)).

namespace erlrc {

/// The settings of erlrc that APT's configuration has, by their keys in erlrc.conf(5).
std::map<std::string, std::string> settings_in(const AptConfig& config);

/// Whether APT works on the system that we run in: the hooks of packages in another system find no nodes.
bool is_this_system(const AptConfig& config);

/// The directory of dpkg's records.
std::filesystem::path admin_directory(const AptConfig& config);

}  // namespace erlrc
