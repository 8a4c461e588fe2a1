// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <map>
#include <set>
#include <string>

#include <erlrc/transaction/control_member.hpp>
#include <erlrc/transaction/run_record.hpp>
#include <erlrc/transaction/snapshot.hpp>
#include <erlrc/transaction/upgrade_set.hpp>

// What a run that is known as a whole changes in nodes: a part of whole_run.cpp.

namespace erlrc {

struct WholeSet {
  PackageChanges changes;                      ///< those that nodes follow before the run
  std::map<std::string, PackagedApps> old;     ///< the applications that these change or stop
  PackageChanges later;                        ///< packages whose applications are started after the run
  std::map<std::string, std::string> skipped;  ///< packages that nodes do not follow, each with the reason
};

/// Whether the run has to do with nodes at all. Needs what OpenArchives gives.
bool concerns_nodes(const Snapshot& snapshot);

/// The packages whose backups nodes run, and whose installed versions have now what they need: they are not
/// in `record`, the run that has just ended. `back` are those of it that nodes have from their backups,
/// too. Needs snapshot.packages.
std::set<std::string> to_bring_in_sync(const RunRecord& record, const std::set<std::string>& back,
                                       const Snapshot& snapshot);

/// The set of the run. Needs snapshot.packages and what OpenArchives gives.
WholeSet whole_set(const Snapshot& snapshot);

}  // namespace erlrc
