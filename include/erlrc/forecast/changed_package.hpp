// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <filesystem>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include <erlrc/base/bytes.hpp>
#include <erlrc/forecast/archive_files.hpp>
#include <erlrc/transaction/relations.hpp>

// What a forecast has to know of a transaction, from whichever package manager.

namespace erlrc {

/// The change of one package in a transaction, with the control members of its two versions.
struct ChangedPackage {
  std::string package;
  std::string architecture;
  std::string old_version;  ///< empty: not installed
  std::string new_version;  ///< empty: will be removed
  std::filesystem::path archive;
  std::optional<Bytes> installed;      ///< the control member of the old version, if it has one
  std::optional<Bytes> unpacking;      ///< that of the new version
  std::vector<std::string> app_files;  ///< if neither has one: the .app files of the package
  std::string unreadable;              ///< why the archive could not be read; empty: it could
  bool operator==(const ChangedPackage&) const = default;
};

/// A transaction that has not begun. Each function reads what it returns; none is called if no node runs.
struct TransactionSource {
  /// A change for each package, in the order in which they are unpacked or removed. An archive that cannot be
  /// read is reported in its change; any other failure throws Error.
  std::function<std::vector<ChangedPackage>()> changes;
  /// The application files of an archive. Throws Error naming the archive if they cannot be read. May be
  /// called for several archives at a time.
  std::function<ArchiveFiles(const std::filesystem::path& archive)> files;
  /// The relations of the version in an archive; nullopt if it has none that can be read.
  std::function<std::optional<PackageRelations>(const std::filesystem::path& archive)> relations;
};

}  // namespace erlrc
