// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <set>
#include <string>
#include <vector>

#include <erlrc/transaction/action.hpp>
#include <erlrc/transaction/package_run.hpp>

// How a run of rpm ends in which only scriptlets call (unpacked_run.hpp): a part of whole_run.cpp.

namespace erlrc {

/// The applications of a version that is on disk, if nodes are to be kept in sync with the package.
PackagedApps apps_of(const InstalledPackage& package);

/// Drops the backup of the package, if it has one that no node runs. It stays while two versions of the
/// package are installed in one directory, where the files of the older one are gone. Needs
/// snapshot.packages.
void drop_unneeded(const std::string& name, const Snapshot& snapshot, PackageActions& actions);

/// How the administrator returns to the old versions of these packages, while both are installed.
void name_way_out(const std::vector<RunRecord::Package>& packages, PackageActions& actions);

/// Rolls back what was tried, newest first.
void roll_back_tried(const std::vector<RunRecord::Package>& packages, PackageActions& actions);

/// What is to be started at the end of the run.
struct Come {
  std::vector<RunRecord::Package> packages;
  std::set<std::string> stale;  ///< those of `packages` that nodes run in the version of their backup
};

/// Ends the groups that nodes have not followed, and takes them out of the record. Needs snapshot.packages.
Come end_unpacked(RunRecord& record, const Snapshot& snapshot, PackageActions& actions);

/// The package of that name, null if it is not installed. Needs snapshot.packages.
const InstalledPackage* find_installed(const Snapshot& snapshot, const std::string& name);

}  // namespace erlrc
