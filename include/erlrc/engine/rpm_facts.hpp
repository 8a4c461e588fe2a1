// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <filesystem>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include <erlrc/engine/package_facts.hpp>
#include <erlrc/engine/rpm_answer.hpp>
#include <erlrc/sys/deadline.hpp>
#include <erlrc/transaction/rpm.hpp>

// What a call of one of our plugins for rpm and dnf may know.
//
// The control member of a package is a file among its own: /usr/lib/erlrc/packages/PACKAGE/EVR, where EVR is
// epoch, version and release, since rpm may have two versions of a package for a while, or for long if one
// could not be removed. (The header of a package could name applications and versions, as `Provides:
// erlang-app(APP) = VSN`, but neither their directories, nor the policy and the nodes.) That of an installed
// package is read without rpm.

namespace erlrc {

/// The directory with the control members of installed packages of rpm: $ERLRC_PACKAGES, or
/// /usr/lib/erlrc/packages.
std::filesystem::path rpm_members();

class RpmFacts : public PackageFacts {
public:
  /// The installed versions of a package, in the order in which they were installed.
  using Instances = std::vector<RpmPackage>;

  /// `elements` are empty but at `run_begins`. Each question to rpm's programs may take the time `timeout`.
  /// `skipped` are the packages that nodes do not follow, as the administrator wants (PreflightMode::leave).
  /// What is in `early`, rpm is not asked again.
  RpmFacts(RpmElements elements, milliseconds timeout, std::set<std::string> skipped = {},
           RpmAnswer early = {});

  std::string record_name() const override { return "rpm"; }
  std::string advice(const std::string& package) const override;
  bool restarts_services() const override { return false; }
  Snapshot load(Moment moment, const Site& site, Streams& streams) const override;

  /// Throws Error if rpm's database cannot be read. If several versions of a package are installed, the
  /// recorded one comes first, or else the one that was installed first: as a rule, nodes still run it.
  void look_up(const RunRecord& record, Snapshot& snapshot) const override;

  /// Throws Error if an archive, or its control member, cannot be read.
  void open_archives(const RunRecord& record, Snapshot& snapshot) const override;
  bool extract(const std::filesystem::path& archive, const std::filesystem::path& directory) const override;

protected:
  /// By name. Throws Error if rpm's database cannot be read.
  std::map<std::string, Instances> instances(const std::set<std::string>& names) const;

  /// The control member of an installed version; an unreadable one counts as absent.
  std::optional<ControlMember> installed_member(const RpmPackage& package) const;

  /// The applications among the files of an installed version.
  PackagedApps listed_apps(const RpmPackage& package) const;

  /// With the applications among its files, if there is no control member.
  InstalledPackage with_listed(const RpmPackage& package) const;

private:
  /// What takes the place of the control member that the new version of a package no longer has: its hooks
  /// end with this run.
  ControlMember last_member(const std::string& archive) const;
  InstalledPackage installed(const RpmPackage& package) const;

  RpmElements elements_;
  milliseconds timeout_;
  std::set<std::string> skipped_;
  RpmAnswer early_;
  std::filesystem::path members_;  ///< the directory of the control members
};

}  // namespace erlrc
