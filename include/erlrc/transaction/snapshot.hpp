// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <map>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include <erlrc/transaction/action.hpp>
#include <erlrc/transaction/control_member.hpp>
#include <erlrc/transaction/moment.hpp>
#include <erlrc/transaction/relations.hpp>
#include <erlrc/transaction/requests.hpp>

// All that one call of a package manager may know about the host, as a value.
//
// The first part is always there. The second part costs time to find out and is there only after next()
// (package_run.hpp) asked for it.

namespace erlrc {

/// A package that the package manager has on this host.
struct InstalledPackage {
  PackageRelations relations;
  std::string arch{};                     ///< its architecture
  bool half_installed = false;            ///< the package manager is, or was stopped, in the middle of it
  std::optional<ControlMember> member{};  ///< absent: it has none, or an unreadable one
  PackagedApps listed{};  ///< without a control member: the applications among its files, if that was needed
  bool half_configured = false;  ///< the package manager has deconfigured it: another package breaks it
  std::vector<InstalledPackage> others{};  ///< the other versions of it that are installed, too
  bool unpacked = false;                   ///< the package manager has not configured this version yet
  bool operator==(const InstalledPackage&) const = default;
};

/// Whether its configuration is still to come, or has failed.
bool is_to_be_configured(const InstalledPackage& package);

/// An archive that this run of the package manager unpacks, or has unpacked.
struct Archive {
  std::string path;                             ///< empty: it is unpacked
  std::optional<PackageRelations> relations{};  ///< absent: it was not opened, or cannot be read
  std::optional<ControlMember> member{};  ///< of one that is still to come; absent as in InstalledPackage
  bool operator==(const Archive&) const = default;
};

/// What came of staging an archive.
struct Staged {
  bool damaged = false;
  std::set<Atom> desired{};  ///< the applications that it declares desired
  bool operator==(const Staged&) const = default;
};

/// An application of another package that needs one of the calling package, directly or through others.
struct Dependent {
  std::string package;
  PackagedApp app;
  std::optional<std::vector<std::string>> nodes{};  ///< the nodes that its package is for; absent: all
  bool removed = false;                             ///< the same command removes its package
  bool operator==(const Dependent&) const = default;
};

struct Snapshot {
  Moment moment = Moment::configured;
  std::string package;                       ///< the package whose script is called
  std::string run;                           ///< the process of the package manager
  std::optional<ControlMember> installed{};  ///< of the calling package
  std::optional<ControlMember> unpacking{};  ///< of its version that is being unpacked
  PackageRelations unpacking_relations{};    ///< of that version; without a version if they are unknown
  PackagedApps listed{};  ///< about_to_unpack, without a control member: as in InstalledPackage
  std::map<Atom, PackagedApp> neighbours{};  ///< the only other version in a directory next to that of an app
  DesiredApps desired{};
  std::set<std::string> skipped{};                ///< packages that the administrator wants to be skipped
  std::map<std::string, PackagedApps> backups{};  ///< by package
  std::string staging{};                          ///< the directory that archives are staged in
  std::vector<std::string> hooked{};              ///< the installed packages with a control member
  std::vector<Archive> archives{};                ///< in the order in which they are unpacked
  std::set<std::string> removed{};                ///< of a whole run: the packages that will be removed
  std::map<Atom, std::string> moves{};  ///< of a run of APT: the package that takes over an application
  bool removal_refused = false;         ///< nodes have refused, in this run, to follow its removal
  std::vector<Dependent> dependents{};  ///< each before those that it needs. `configured`: only those that
                                        ///< could not be started in this run; a removal: after LookUp
  bool recorded_run_lives = false;      ///< the process of the run in the record is still there

  std::optional<std::map<std::string, InstalledPackage>> packages{};  ///< asked by LookUp
  bool opened = false;                                                ///< asked by OpenArchives
  std::map<std::string, Staged> staged{};                             ///< by the path of the archive
  std::vector<std::pair<Ask, bool>> answers{};                        ///< of the nodes

  /// What the nodes answered; nullopt: they were not asked.
  std::optional<bool> answer(const Ask& question) const;

  /// The backup of that package; empty if it has no backup.
  const PackagedApps& backup(const std::string& name) const;

  /// The versions of the calling package.
  PackageVersions versions() const;
};

/// Where a directory of the package is while its archive is staged.
std::string staged_path(const Snapshot& snapshot, const std::string& package, const std::string& directory);

/// Whether a package of that name can matter to the calling one: it is installed, or needed.
bool may_concern(const Snapshot& snapshot, const std::string& package);

/// The place of the calling package's own archive; the number of archives if it is not among them.
std::size_t own_archive(const Snapshot& snapshot);

}  // namespace erlrc
