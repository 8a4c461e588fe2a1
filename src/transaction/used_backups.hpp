// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <erlrc/transaction/action.hpp>
#include <erlrc/transaction/run_record.hpp>
#include <erlrc/transaction/snapshot.hpp>

// Backups that nodes run, since what the installed version needs was not there (UseBackup). Each is the only
// copy of what nodes have: it is not overwritten, and the next upgrade starts from it.

namespace erlrc {

/// Drops the used backups that no node runs any longer, since it was restarted, or asks for what has to be known
/// first. Those of packages in the record belong to the run. Empty: there is nothing to do.
PackageActions drop_obsolete(const RunRecord& record, const Snapshot& snapshot);

}  // namespace erlrc
