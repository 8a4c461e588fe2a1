// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <erlrc/node/connect.hpp>
#include <erlrc/node/rpc.hpp>
#include <erlrc/plan/node_state.hpp>

namespace erlrc {

/// What is asked beyond what is always asked.
struct Question {
  /// The identity of this application's loaded modules: a version that is installed again may hold other
  /// code.
  std::optional<Atom> code_of{};
  /// If this application runs, only what runs is answered, in which version: a start needs nothing else.
  std::optional<Atom> enough_if_running{};
  /// Which files the node sees there is answered, too (same_files.hpp), but not if it was enough that an
  /// application runs.
  std::vector<std::string> files{};
};

/// Reads what the program erlrc_observe answers, or what a booting node reports of itself. Also reads
/// the lists `applications` and `optional`, if they are next to `included`. Throws ProtocolError for another
/// shape.
NodeState read_node_state(const Term& answer);

/// Asks the node for all that planners need, in one round trip that changes nothing; in two, the first of
/// which takes little, where it could have been enough that an application runs, and that does not.
NodeState observe(Rpc& rpc, const Question& question, Deadline until);

/// A node that was reached, and what it said of itself.
struct Observed {
  std::unique_ptr<Rpc> rpc;  ///< null: the node is down
  NodeState state;
  std::optional<Term> seen{};  ///< the answer about the files of the question, if there is one
};

/// Connects and asks, with one message less than one after the other. Throws what both throw.
Observed connect_and_observe(const NodeEntry& entry, const Question& question, Deadline until,
                             const KnownPorts& known);

}  // namespace erlrc
