// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <erlrc/coordinator/start_limit.hpp>
#include <erlrc/forecast/forecast.hpp>
#include <erlrc/forecast/transaction.hpp>
#include <erlrc/node/rpc.hpp>
#include <erlrc/site/registry.hpp>

// The first part of a forecast: the nodes are asked.

namespace erlrc {

/// A row, and the steps of its plan that only check something.
struct Planned {
  std::size_t item = 0;
  Forecast row;
  std::vector<Step> checks{};
  std::vector<Step> whole{};  ///< what these checks are the beginning of
};

struct AskedNode {
  const NodeEntry* entry = nullptr;
  std::string name;
  std::unique_ptr<Rpc> rpc{};
  NodeState state{};
  std::optional<std::string> replaced{};  ///< why only a restart can change it (replaced_erlang.hpp)
  std::string error{};                    ///< why it could not be asked; empty: it could
  std::string other_system{};             ///< why it belongs to another system; empty: it does not
  std::vector<std::string> foreign{};     ///< places of the transaction that are other files there
  std::vector<Planned> planned{};
  std::vector<Needs> needs{};
  PackageStarts starts{};
  bool retries = false;  ///< it tries again what it has rolled back before
};

/// The nodes that run, and those with an error. One that does not answer until `until` must not take the time
/// that the others need for their plans.
std::vector<AskedNode> ask_nodes(const Registry& registry, Deadline until);

/// Finds what is other files for a node (same_files.hpp), and removes the nodes that belong to another
/// system, with a note.
void leave_out_other_systems(std::vector<AskedNode>& visits, const Transaction& transaction, Deadline until,
                             std::vector<std::string>& notes);

/// Whether the request is for that node.
bool is_for(const AskedNode& node, const Request& request);

/// Whether the hooks will skip the node for this request, since it is of another system.
bool is_skipped(const AskedNode& node, const Request& request);

/// Why the node will refuse to be changed by this request: it does not see all files; nullopt: it does.
std::optional<std::string> cannot_see(const AskedNode& node, const Request& request);

}  // namespace erlrc
