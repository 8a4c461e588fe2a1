// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <optional>
#include <set>
#include <string>

#include <erlrc/site/registry.hpp>
#include <erlrc/term/term.hpp>

// This host, as its administrator set it up: the registered nodes and the desired applications.

namespace erlrc {

/// The content of the administrator's directory.
struct Site {
  Registry registry;
  std::set<Atom> desired;  ///< applications that should run
};

/// Reads $ERLRC_ROOT. Throws UsageError if it has no nodes directory.
Site load_site();

/// Whether the package manager works on another system than ours, such as an image that is being built:
/// - DPKG_ROOT is set: dpkg runs its scripts outside of the system that it changes;
/// - fakechroot(1) runs: it presents another system to programs that load its library, which ours do not.
/// Its packages then must not act on our files and nodes.
bool is_for_other_system();

/// The same as load_site for hooks of package managers: nullopt if there are no nodes to manage, as for
/// another system and on a machine without registered nodes. In a chroot, only nodes that run there count.
std::optional<Site> site_to_serve();

/// `site` with only the node of that name: `alive@host`, or `alive` for a node of any host. Throws UsageError
/// if there is no such node.
Site only_node(Site site, const std::string& name);

/// The only node of that name. Throws UsageError if the name is unknown or ambiguous, Error if its entry
/// cannot be used.
NodeEntry the_node(Site site, const std::string& name);

/// `site` with only the nodes whose files have these names.
Site only_nodes(Site site, const std::set<std::string>& names);

}  // namespace erlrc
