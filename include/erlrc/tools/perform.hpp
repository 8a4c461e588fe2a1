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

/// The same for who is called by a package manager: nullopt where there is nothing to keep in step, in an
/// image that is being built and on a machine without registered nodes. In a chroot these are the nodes that
/// run there.
std::optional<Site> site_to_serve();

/// `site` with only the node of that name: `alive@host`, or `alive` for a node of any host. Throws UsageError
/// if there is none.
Site only_node(Site site, const std::string& name);

/// `site` with only the nodes whose files have these names.
Site only_nodes(Site site, const std::set<std::string>& names);

/// What a node is to be asked for a plan of `request`. Who installs the same version again needs to know what
/// code is loaded, since it may be another build of it; and who unloads, since the files may be gone. Who
/// starts what runs already needs to know nothing else.
Question question_for(const Request& request);

struct PerformOptions {
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
/// nothing is done on the others (their outcome is `refused`); else runs the plans, and if one failed, takes
/// the others back (they come out `undone`). A node that is down is no failure. Gives a report for each node,
/// in the order of their names, bad entries of the registry among them.
std::vector<NodeReport> perform(const Request& request, const Site& site, const PerformOptions& options);

}  // namespace erlrc
