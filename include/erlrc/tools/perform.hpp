// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <set>
#include <string>
#include <vector>

#include <erlrc/plan/outcome.hpp>
#include <erlrc/plan/plan.hpp>
#include <erlrc/plan/request.hpp>
#include <erlrc/site/registry.hpp>
#include <erlrc/sys/deadline.hpp>

// One request, done on all nodes of this host or on none.

namespace erlrc {

/// What the administrator's directory says.
struct Site {
  Registry registry;
  Wanted wanted;
};

/// Reads $ERLRC_ROOT. Throws UsageError if it has no nodes directory.
Site load_site();

/// `site` with only the node of that name: `alive@host`, or `alive` for a node of any host. Throws UsageError
/// if there is none.
Site only_node(Site site, const std::string& name);

/// `site` with only the nodes whose files have these names.
Site only_nodes(Site site, const std::set<std::string>& names);

struct PerformOptions {
  Deadline until;
  bool dry_run = false;  ///< make the plans and do nothing
};

/// Calls every node of `site`, side by side: connects, observes and plans on all; if that failed on one,
/// nothing is done on the others (their outcome is `refused`); else runs the plans, and if one failed, takes
/// the others back (they come out `undone`). A node that is down is no failure. Gives a report for each node,
/// in the order of their names, bad entries of the registry among them.
std::vector<NodeReport> perform(const Request& request, const Site& site, const PerformOptions& options);

}  // namespace erlrc
