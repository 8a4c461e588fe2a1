// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <string>
#include <vector>

#include <erlrc/dist/node_entry.hpp>
#include <erlrc/sys/deadline.hpp>

namespace erlrc {

/// One step on the way to a node.
struct CheckStep {
  std::string name;      ///< `epmd`, `port`, ..
  bool works = true;     ///< if not, no step follows
  std::string text;      ///< what was found
  std::string advice{};  ///< what to do, if it does not work
  bool operator==(const CheckStep&) const = default;
};

/// Goes the way to the node of `entry` as `connect` does, step by step: network, process, epmd, port,
/// handshake, cookie, question. Steps that the entry does not need are left out. Throws nothing but for a
/// lack of memory.
std::vector<CheckStep> check_node(const NodeEntry& entry, Deadline until);

}  // namespace erlrc
