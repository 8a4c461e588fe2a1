// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <set>
#include <string>
#include <vector>

#include <erlrc/transaction/action.hpp>
#include <erlrc/transaction/run_record.hpp>
#include <erlrc/transaction/snapshot.hpp>

// What is rolled back, and how a run ends: the second half of package_run.cpp.

namespace erlrc {

/// What happens to the old files of the calling package while its group is rolled back.
enum class OwnFiles {
  rolled_back,   ///< it was rolled back already
  both_on_disk,  ///< both versions stay on disk, and the call in which they do so is still to come
  restored,      ///< the package manager is restoring them
  unknown,       ///< nothing is known of it that is not known of the other packages
};

/// Rolls one package back; `requests` are those that do so.
RollBack roll_back(const std::string& package, std::vector<Request> requests, bool restored);

/// The requests that roll this package of the group back. What was backed up after they were recorded is read
/// from the backup, its own or that of the package which had the application: the new files may be where the
/// old ones were.
std::vector<Request> rolling_back(const RunRecord::Group& group, const RunRecord::Package& package,
                                  const Snapshot& snapshot);

/// Rolls back the packages of the group that are not closed.
void roll_back_open(const RunRecord::Group& group, OwnFiles files, const Snapshot& snapshot,
                    PackageActions& actions);

/// Rolls back the closed packages that need what did not come, and returns them. Comes before what did not
/// come is rolled back itself, so that no node runs them together with a version that is too old for them.
/// Their files are the new ones, but no node may run them before what they need is there. When it is, they
/// are configured, which upgrades them again. Needs snapshot.packages.
std::set<std::string> roll_back_unmet(const RunRecord& record, const Snapshot& snapshot,
                                      PackageActions& actions);

/// The group has failed: its other packages will be refused. What is installed for the first time is not:
/// no old package depends on it.
void fail(RunRecord::Group& group, const std::string& own, const std::string& because);

/// Drops what was staged for the packages of the group.
void drop_staged(const RunRecord::Group& group, PackageActions& actions);

/// The requests by which the final directories of `apps` take the place, in the code path of the nodes, of
/// the staged ones.
std::vector<Request> moves(const RunRecord::Package& package, const PackagedApps& apps,
                           const Snapshot& snapshot);

/// Stores the record without the group of that package, if that group is closed.
void store_open(RunRecord record, const std::string& package, PackageActions& actions);

/// Closes the packages that were installed, or removed, without a call of their own. One whose call closed it
/// is open again if the package manager was killed before it had noted the new version. Needs
/// snapshot.packages.
void close_what_has_come(RunRecord::Group& group, const Snapshot& snapshot, PackageActions& actions);

/// Nothing more of the run is unpacked: closes what has come and rolls back the rest, and what needs it.
/// Returns the closed packages that were rolled back. Needs snapshot.packages.
std::set<std::string> finish_groups(RunRecord& record, const Snapshot& snapshot, PackageActions& actions);

/// The same for the group of the calling package only: it is about to be unpacked in another version.
PackageActions finish_group(const RunRecord& record, const Snapshot& snapshot);

/// The same for all groups, with all that was stored for the run.
PackageActions finish(const RunRecord& record, const Snapshot& snapshot);

}  // namespace erlrc
