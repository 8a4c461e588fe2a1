// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include <erlrc/term/term.hpp>

// Nodes that erlrc-boot starts, and the pipes by which they report their progress
// (src/erlang/boot/erlrc_watcher.erl).

namespace erlrc {

struct NodeToBoot {
  std::string name;                    ///< alive or alive@host
  bool sequential = false;             ///< one application after the other
  std::vector<std::string> arguments;  ///< further arguments of erl
};

/// Starts the node, prints its progress while it boots, and waits until it ends; forwards termination signals
/// to it. Returns the exit code: 0 if all applications started and the node ended in order.
int run_in_foreground(const NodeToBoot& node);

/// The request that a node started with these arguments of erl would send to the planner.
Term ask_question(const std::vector<std::string>& arguments);

/// Starts a node that calls `module`:`function`/0, which sends one answer and ends the node. Returns the
/// answer. `settings` are parameters of the application erlrc: `[{Name, Value}]`.
Term ask_node(const std::string& module, const std::string& function, const Term& settings);

/// Draws `graph` into `file` with Graphviz; `format` is a value of its option -T. Throws Error if Graphviz is
/// not installed.
void draw(const std::string& graph, const std::string& format, const std::filesystem::path& file);

}  // namespace erlrc
