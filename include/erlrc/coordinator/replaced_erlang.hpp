// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <optional>
#include <string>

#include <erlrc/dist/names.hpp>
#include <erlrc/plan/plan.hpp>

// Nodes whose own Erlang was replaced under them (erlang-base was upgraded): they go on with what they have
// loaded, and whatever they have not loaded is gone. Nothing may be done to them that needs more.

namespace erlrc {

/// Why, if the node's kernel or stdlib is on disk no more. A node whose lib directory is not on this host's
/// disk is none of our business.
std::optional<std::string> replaced_erlang(const NodeName& name, const NodeState& node);

/// The same, told from the program that the node's process runs: for one that does not answer any more.
std::optional<std::string> replaced_emulator(const NodeName& name);

/// Whether the node would be touched.
bool changes_something(const Decision& decision);

}  // namespace erlrc
