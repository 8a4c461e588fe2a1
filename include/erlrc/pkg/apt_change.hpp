// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include <erlrc/base/bytes.hpp>
#include <erlrc/pkg/apt_hook.hpp>

namespace erlrc {

/// The change of one package in a transaction, with the control members of its two versions.
struct AptChange {
  std::string package;
  std::string architecture;
  std::string old_version;  ///< empty: not installed
  std::string new_version;  ///< empty: will be removed
  std::filesystem::path archive;
  std::optional<Bytes> installed;      ///< the control member `erlrc` of the old version, if it has one
  std::optional<Bytes> unpacking;      ///< that of the new version
  std::vector<std::string> app_files;  ///< if neither has one: the .app files of the old version
  std::string unreadable;              ///< why the archive could not be read; empty: it could
  bool operator==(const AptChange&) const = default;
};

/// A change for each package that is unpacked or removed, in APT's order, without those that are removed and
/// stay for another architecture. `admindir` is dpkg's directory. An archive that cannot be read is reported
/// in its change; any other failure throws Error.
std::vector<AptChange> load_apt_changes(const std::vector<AptAction>& actions,
                                        const std::filesystem::path& admindir);

}  // namespace erlrc
