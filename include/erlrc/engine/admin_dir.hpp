// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <erlrc/transaction/control_member.hpp>

// dpkg's own directory, as a call of a maintainer script finds it.
//
//   $DPKG_ADMINDIR/info/PKG.erlrc         applications of the installed version
//   $DPKG_ADMINDIR/info/PKG:ARCH.erlrc    the same, of a package that several architectures may have
//   $DPKG_ADMINDIR/tmp.ci/erlrc           applications of the version that is being unpacked

namespace erlrc {

/// A package that is installed.
struct DpkgPackage {
  std::string name;
  std::string arch;
};

/// The package whose script calls, as in dpkg's environment. Throws UsageError if it is not dpkg that calls.
DpkgPackage calling_package();

class AdminDir {
public:
  AdminDir();

  const std::filesystem::path& path() const { return path_; }

  /// The control member of the installed version; nullopt if it has none. Throws what parse_control_member
  /// throws.
  std::optional<ControlMember> checked_member(const DpkgPackage& package) const;

  /// The same, but an unreadable member counts as absent, so that no package fails for another one.
  std::optional<ControlMember> member(const DpkgPackage& package) const;

  /// The control member of the version that is being unpacked. Throws what parse_control_member throws.
  std::optional<ControlMember> unpacking_member() const;

  /// The control stanza of that version; nullopt if none is being unpacked.
  std::optional<std::string> unpacking_control() const;

  /// Applications of an installed package without control member, found by its list of files. Only those that
  /// are on disk and whose .app can be read.
  PackagedApps listed(const DpkgPackage& package) const;

  /// The control members that can be read, with the names of their packages.
  std::vector<std::pair<std::string, ControlMember>> members() const;

  /// The names of all installed packages with a control member.
  std::vector<std::string> hooked_packages() const;

private:
  std::vector<std::string> member_files() const;

  std::filesystem::path path_;
};

}  // namespace erlrc
