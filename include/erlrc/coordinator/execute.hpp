// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <functional>
#include <string>
#include <vector>

#include <erlrc/coordinator/start_limit.hpp>
#include <erlrc/node/observe.hpp>
#include <erlrc/plan/outcome.hpp>
#include <erlrc/plan/plan.hpp>
#include <erlrc/plan/request.hpp>
#include <erlrc/site/site.hpp>
#include <erlrc/sys/deadline.hpp>

// One request, done on all nodes of this host or on none.

namespace erlrc {

/// What to ask a node for a plan of `request`. A reinstall of the same version needs the md5s of the loaded
/// code (it may be another build), and so does an unload (the files may be gone). The start of a running
/// application needs nothing more.
Question question_for(const Request& request);

struct ExecuteOptions {
  Deadline until;
  bool dry_run = false;   ///< make the plans and do nothing
  bool rehearse = false;  ///< make the plans and try their conversions on copies of the states
  bool explain = false;   ///< make the plans and run what in them only looks (explanation)
  /// A node that only a restart brings back in sync (see replaced_erlang.hpp) is not an error: it is skipped,
  /// with the outcome done and the word `restart_due`. A stop then also stops a version other than the one it
  /// names.
  bool leave_stale = false;
  /// Nodes are independent: a failure on one neither blocks nor rolls back the others. For requests after
  /// which the old files are gone anyway.
  bool each_alone = false;
  /// An upgrade that a node has rolled back is remembered, and refused at once while nothing changes.
  bool remembers = false;
  /// With this, the same is tried again.
  bool retries = false;
  /// If the request fails on a node for which this holds, and the node is as before, that is not an error: it
  /// is skipped, with the outcome done and the word `restart_due`. The argument is the name of the entry.
  std::function<bool(const std::string&)> may_leave{};
  /// A package asks: an application that does not run on a node is started there only if the node's entry
  /// lets packages do so. The argument is the name of the entry.
  std::function<PackageStarts(const std::string&)> by_package{};
  /// With leave_stale: a node that runs a version of the application for which this holds is left as it is,
  /// since another package has that version.
  std::function<bool(const Atom&, const std::string&)> is_of_another{};
};

/// `site` with only the nodes that the request is for. Only the file name counts of entries that cannot be
/// used.
Site for_request(Site site, const Request& request);

/// Calls every node of `site`, side by side:
/// 1. Connects, observes and plans on all. If that fails on one, the others are refused: nothing is done.
/// 2. Prepares all. A single node commits at once.
/// 3. Commits if none failed, else rolls all back.
/// A node that is down is not a failure. Gives a report for each node, in the order of their names, bad
/// entries of the registry among them.
std::vector<NodeReport> execute(const Request& request, const Site& site, const ExecuteOptions& options);

}  // namespace erlrc
