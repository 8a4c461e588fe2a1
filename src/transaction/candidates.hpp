// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <map>
#include <optional>
#include <string>

#include <erlrc/transaction/action.hpp>
#include <erlrc/transaction/snapshot.hpp>
#include <erlrc/transaction/upgrade_set.hpp>

// Which packages of the run belong to the calling one. What has to be asked first is appended to `questions`;
// then the result counts only once that was answered.

namespace erlrc {

/// What the nodes answer; false if they were not asked yet, or if there is nothing to ask.
bool ask(Ask question, const Snapshot& snapshot, PackageActions& questions);

/// Whether there can be other packages to consider.
bool others_possible(const Snapshot& snapshot);

struct Candidates {
  PackageChanges set;  ///< the upgrade set, with the calling package
  Packages unmanaged;  ///< packages to come that nodes have nothing to do with, in their new versions
};

/// The upgrade set of the calling package, whose own requests these are. All archives that it takes files
/// from are staged; a damaged one will not come. Needs snapshot.packages and snapshot.opened.
Candidates candidates(const Snapshot& snapshot, std::vector<Request> requests, PackageActions& questions);

/// Why the set must not be upgraded: a package would no longer have what it needs, or would never have it.
/// What the package manager has deconfigured for the set, or removes in favour of it, does not count.
std::optional<std::string> unmet_by(const Candidates& candidates, const Snapshot& snapshot,
                                    PackageActions& questions);

/// The packages of the set that nodes must not follow, each with the reason: nodes run other versions of what
/// they need than those on disk, and will do so until they are restarted; or a package that is not changed in
/// the nodes, and that the package manager has deconfigured, is broken by it. One that is removed is not
/// skipped, and meets nothing.
std::map<std::string, std::string> to_skip(const PackageChanges& set, const Snapshot& snapshot,
                                           PackageActions& questions);

}  // namespace erlrc
