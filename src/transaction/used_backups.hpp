// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <string>
#include <vector>

#include <erlrc/transaction/action.hpp>
#include <erlrc/transaction/run_record.hpp>
#include <erlrc/transaction/snapshot.hpp>

// Backups that nodes need, because they run another version than the one that is installed. Where the
// installed version needs what is not there, they run the files of the backup themselves (UseBackup): then it
// is not overwritten, and the next upgrade starts from it.

namespace erlrc {

/// Drops the used backups, and one of another version of the calling package, that no node runs any longer,
/// since it was restarted, or asks for what has to be known first. Those of packages in the record belong to
/// the run. Empty: there is nothing to do.
PackageActions drop_obsolete(const RunRecord& record, const Snapshot& snapshot);

/// Appends DropBackup for those of the named packages that have a backup which no node needs, or asks for
/// what has to be known first. A node needs it if it runs another version than the package has that ships the
/// application now, if that package is still to be configured, or if the node does not answer.
void drop_unneeded_backups(const std::vector<std::string>& packages, const Snapshot& snapshot,
                           PackageActions& actions, PackageActions& questions);

/// The packages that are not installed, and have left a backup of applications that none but the calling one
/// ships or is to ship. Needs snapshot.packages.
std::vector<std::string> left_backups(const RunRecord& record, const Snapshot& snapshot);

}  // namespace erlrc
