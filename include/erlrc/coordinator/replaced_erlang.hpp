// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <optional>
#include <string>

#include <erlrc/dist/node_entry.hpp>
#include <erlrc/plan/plan.hpp>

// Nodes whose own Erlang was replaced while they run (erlang-base was upgraded). They keep running with the
// modules that they have loaded; all others no longer exist. So nothing may be done that needs more.

namespace erlrc {

/// The reason, if the node's executable, kernel or stdlib is no longer on disk. A node whose lib directory is
/// not on this host's disk is not judged.
std::optional<std::string> replaced_erlang(const NodeEntry& entry, const NodeState& node);

/// The same, by the executable of its process only; for a node that does not answer.
std::optional<std::string> replaced_emulator(const NodeEntry& entry);

/// Whether the node would be touched.
bool changes_something(const Decision& decision);

}  // namespace erlrc
