// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <filesystem>
#include <map>
#include <set>
#include <string>
#include <vector>

#include <erlrc/dist/node_entry.hpp>
#include <erlrc/plan/node_state.hpp>
#include <erlrc/plan/request.hpp>
#include <erlrc/sys/deadline.hpp>

// What the entry of a node lets packages start there (StartRule).

namespace erlrc {

/// The applications that the new versions of others need: those of one upgrade set, or of one transaction.
using NewNeeds = std::map<Atom, std::vector<Atom>>;

/// What is known when packages start applications on a node.
struct PackageStarts {
  NewNeeds needs{};
  std::set<Atom> ran{};  ///< what ran on the node until a package was removed
};

/// Whether a package may start the application on the node in this state.
bool may_start(const Atom& app, const StartRule& rule, const NodeState& node, const PackageStarts& starts);

/// Whether the request would start its application, which does not run there.
bool would_start(const Request& request, const NodeState& node);

/// The applications that run on the node and that do not come with Erlang.
std::vector<Atom> own_applications(const NodeState& node);

struct StartRuleFound {
  StartRule rule;
  std::string why;
};

/// Why the registered node cannot be kept in sync: a wrong cookie, another user, no answer, another system.
/// Empty: it can, or it is down.
std::string try_entry(const std::filesystem::path& root, const NodeName& name, Deadline until);

/// The rule for a node that is registered without one: packages may start everything on a node that was
/// booted by erlrc_boot, and on one that runs nothing of its own yet; else only what it needs. Also if it
/// cannot be asked. `root` is the administrator's directory, with the entry.
StartRuleFound find_start_rule(const std::filesystem::path& root, const NodeName& name, Deadline until);

}  // namespace erlrc
