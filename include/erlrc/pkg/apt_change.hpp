// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include <erlrc/base/bytes.hpp>
#include <erlrc/pkg/apt_hook.hpp>

namespace erlrc {

/// What a transaction does to one package, with what its two versions say of their applications.
struct AptChange {
  std::string package;
  std::string architecture;
  std::string old_version;  ///< empty: not installed
  std::string new_version;  ///< empty: is removed
  std::filesystem::path archive;
  std::optional<Bytes> installed;  ///< the control member `erlrc` of the old version; nullopt: it has none
  std::optional<Bytes> unpacking;  ///< that of the new version
  std::vector<std::string>
      app_files;           ///< where neither has one: the .app files that the old version installed
  std::string unreadable;  ///< why the archive could not be looked into; empty: it could
  bool operator==(const AptChange&) const = default;
};

/// A change for each package that is unpacked or removed, in APT's order. `admindir` is dpkg's directory.
/// An archive that cannot be read gives a change that says so; no other failure is expected, they throw.
std::vector<AptChange> load_apt_changes(const std::vector<AptAction>& actions,
                                        const std::filesystem::path& admindir);

}  // namespace erlrc
