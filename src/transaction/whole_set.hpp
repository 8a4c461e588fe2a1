// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <map>
#include <set>
#include <string>
#include <vector>

#include <erlrc/transaction/action.hpp>
#include <erlrc/transaction/control_member.hpp>
#include <erlrc/transaction/run_record.hpp>
#include <erlrc/transaction/snapshot.hpp>
#include <erlrc/transaction/upgrade_set.hpp>

// What a run that is known as a whole changes in nodes: a part of whole_run.cpp.

namespace erlrc {

/// A package that nodes do not follow.
struct SkippedPackage {
  std::string why;
  std::vector<Request> requests{};  ///< what following it would mean
};

struct WholeSet {
  PackageChanges changes;                         ///< those that nodes follow before the run
  std::map<std::string, PackagedApps> old;        ///< the applications that these change or stop
  PackageChanges later;                           ///< packages whose applications are started after the run
  std::map<std::string, SkippedPackage> skipped;  ///< those of the run, by name
};

/// Whether the run has to do with nodes at all. Needs what OpenArchives gives.
bool concerns_nodes(const Snapshot& snapshot);

/// The packages whose backups nodes run, and whose installed versions have now what they need: they are not
/// in `record`, the run that has just ended. `back` are those of it that nodes have from their backups,
/// too. Needs snapshot.packages.
std::set<std::string> to_bring_in_sync(const RunRecord& record, const std::set<std::string>& back,
                                       const Snapshot& snapshot);

/// The set of the run. Needs snapshot.packages and what OpenArchives gives. What has to be asked of nodes
/// first is appended to `questions`; then the result counts only once that was answered.
WholeSet whole_set(const Snapshot& snapshot, PackageActions& questions);

std::set<std::string> names_of(const PackageChanges& changes);

/// The packages of the set, in the order in which nodes follow them.
RunRecord::Group group_of(const WholeSet& set);

/// The requests of the group, in that order.
std::vector<Request> requests_of(const RunRecord::Group& group);

/// A line for each package that nodes do not follow.
PackageActions skipped_warnings(const WholeSet& set);

/// Drops the backup of a package. One that nodes run stays.
void drop_backup(const std::string& package, const Snapshot& snapshot, PackageActions& actions);

}  // namespace erlrc
