// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <optional>
#include <set>
#include <string>
#include <vector>

#include <erlrc/node/observe.hpp>
#include <erlrc/plan/outcome.hpp>
#include <erlrc/plan/plan.hpp>
#include <erlrc/plan/request.hpp>
#include <erlrc/site/site.hpp>
#include <erlrc/sys/deadline.hpp>

// One request, done on all nodes of this host or on none.

namespace erlrc {

/// What a node is to be asked for a plan of `request`. Who installs the same version again needs to know what
/// code is loaded, since it may be another build of it; and who unloads, since the files may be gone. Who
/// starts what runs already needs to know nothing else.
Question question_for(const Request& request);

struct ExecuteOptions {
  Deadline until;
  bool dry_run = false;   ///< make the plans and do nothing
  bool rehearse = false;  ///< make the plans and try their conversions on copies of the states
  /// A node that only a restart brings back in step (see stale.hpp) is no failure: it is left as it is, with
  /// the outcome done and the word `restart_due`. What shall be stopped is stopped in whatever version runs.
  bool leave_stale = false;
  /// A node that fails keeps no other one from what it is asked for, and no other is taken back for it: for
  /// what has no better state to stay in.
  bool each_alone = false;
};

/// Calls every node of `site`, side by side: connects, observes and plans on all; if that failed on one,
/// nothing is done on the others, which are refused; else prepares them all, and commits if none failed, or
/// rolls them back. A node that is down is not a failure. Gives a report for each node,
/// in the order of their names, bad entries of the registry among them.
std::vector<NodeReport> execute(const Request& request, const Site& site, const ExecuteOptions& options);

}  // namespace erlrc
