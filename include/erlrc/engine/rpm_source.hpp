// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <cstddef>
#include <filesystem>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include <erlrc/forecast/changed_package.hpp>
#include <erlrc/sys/deadline.hpp>
#include <erlrc/transaction/control_member.hpp>
#include <erlrc/transaction/rpm.hpp>
#include <erlrc/transaction/rpm_archive.hpp>

namespace erlrc {

/// A transaction of rpm or dnf, as our plugins report it. rpm's database is not asked: the old versions are
/// those that rpm is going to erase, and their control members are files. Only if one has none, and the new
/// version has, rpm lists its files.
class RpmTransaction {
public:
  /// Archives that only rpm can read may take until `until`.
  RpmTransaction(const RpmElements& elements, Deadline until) : elements_(elements), until_(until) {}

  /// Whether a package of the transaction has, or had, something that a node may run. Reads headers only, and
  /// asks no node.
  bool concerns_nodes();

  /// The names of those that are going to be unpacked.
  std::set<std::string> packages();

  /// Refers to this object.
  TransactionSource source();

private:
  void open();
  std::vector<ChangedPackage> changes();
  ChangedPackage change_of(std::size_t i);
  void add_files(ChangedPackage& change, std::size_t i);
  static std::optional<Bytes> member_of_apps(const PackagedApps& apps);
  ChangedPackage removal_of(const std::string& name) const;
  void add_installed(ChangedPackage& change) const;
  std::size_t place_of(const std::filesystem::path& archive) const;

  const RpmElements& elements_;
  Deadline until_;
  std::vector<RpmArchive> opened_;   ///< in the order of the archives
  std::vector<ArchiveFiles> files_;  ///< of those that have a control member
};

}  // namespace erlrc
