// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include <erlrc/term/term.hpp>

// Nodes that erlrc-boot starts, and the pipes by which they tell it what happens
// (src/erlang/boot/erlrc_watcher.erl).

namespace erlrc {

struct NodeToBoot {
  std::string name;                    ///< alive or alive@host
  bool sequential = false;             ///< one application after the other
  std::vector<std::string> arguments;  ///< further ones of erl
};

/// Starts the node, prints what happens while it boots, and stays until it ends; a signal that asks us to end
/// goes on to it. The exit code: 0 if all applications started and the node ended in order.
int run_in_foreground(const NodeToBoot& node);

/// What a node that is started with these arguments of erl would ask the planner.
Term ask_question(const std::vector<std::string>& arguments);

/// Starts a node that calls `module`:`function`/0, which is to tell one thing and end it, and gives what it
/// told. `settings` are parameters of the application erlrc: `[{Name, Value}]`.
Term ask_node(const std::string& module, const std::string& function, const Term& settings);

/// Has Graphviz draw `graph` into `file`; `format` as its option -T takes it. Throws Error if it is not
/// installed.
void draw(const std::string& graph, const std::string& format, const std::filesystem::path& file);

}  // namespace erlrc
