// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <string>

#include <erlrc/transaction/action.hpp>
#include <erlrc/transaction/package_run.hpp>

// The moment at which both versions of the calling package are on disk, in which nodes are upgraded: a part
// of package_run.cpp.

namespace erlrc {

/// The actions of that moment: upgrade the set of the package, refuse it, or skip it.
PackageActions upgrade(const RunRecord& record, const Snapshot& snapshot);

/// Continues after the actions of `upgrade` were executed.
PackageActions after_upgrade(const RunRecord& record, const Executed& executed, const Snapshot& snapshot);

/// The nodes do not follow the calling package. No backup stays, so that the moment `configured` does not
/// upgrade it either.
PackageActions skip(const std::string& why, const Snapshot& snapshot);

/// Why a package in snapshot.skipped is skipped: the preflight puts it there if the administrator has set
/// preflight to `leave`.
extern const std::string skipped_by_administrator;

}  // namespace erlrc
