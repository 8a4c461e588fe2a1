// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <compare>
#include <concepts>
#include <string>
#include <utility>

namespace erlrc {

/// Where the ebin directory of one version of an application is. Its three fields differ only while a package
/// manager replaces files:
///
///                 read_from           in_path             known_as
///   installed     the directory       the directory       the directory
///   backed up     the backup          its own directory   its own directory
///   staged        the staged files    the staged files    the final directory
///
/// A backup will be back in its own directory when the old package is restored. Staged files are the only
/// ones of their version until dpkg has unpacked them, but code that was loaded from them must not name them
/// when they are gone.
struct Location {
  std::string read_from;  ///< has the files at this moment
  std::string in_path;    ///< is in the code path of a node that runs the version
  std::string known_as;   ///< code:which/1 names this for the modules

  Location() = default;

  /// Installed in `directory`.
  template <std::convertible_to<std::string> Text>
  Location(const Text& directory) : read_from(directory), in_path(read_from), known_as(read_from) {}

  /// Installed in `directory`, but the files there are replaced by those of another version.
  static Location backed_up(std::string directory, std::string backup) {
    Location made(std::move(directory));
    made.read_from = std::move(backup);
    return made;
  }

  /// To be installed in `directory`.
  static Location staged(std::string directory, std::string staging) {
    Location made(std::move(staging));
    made.known_as = std::move(directory);
    return made;
  }

  bool is_backup() const { return read_from != in_path; }

  auto operator<=>(const Location&) const = default;
};

}  // namespace erlrc
