// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <filesystem>
#include <vector>

#include <erlrc/forecast/changed_package.hpp>
#include <erlrc/pkg/apt_hook.hpp>

namespace erlrc {

/// A change for each package that is unpacked or removed, in APT's order, without those that are removed and
/// stay for another architecture. `admindir` is dpkg's directory. An archive that cannot be read is reported
/// in its change; any other failure throws Error.
std::vector<ChangedPackage> load_apt_changes(const std::vector<AptAction>& actions,
                                             const std::filesystem::path& admindir);

/// The transaction that APT describes by these actions.
TransactionSource apt_source(std::vector<AptAction> actions, std::filesystem::path admindir);

}  // namespace erlrc
