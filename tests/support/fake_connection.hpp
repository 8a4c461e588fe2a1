// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <chrono>
#include <cstdint>
#include <list>
#include <optional>

#include <erlrc/sys/unique_fd.hpp>

#include "fake_node.hpp"
#include "mirror.hpp"

// One connection of a fake node, and the script that it follows.

namespace erlrc::test {

using Clock = std::chrono::steady_clock;

/// A connection to the epmd or to the node, with the data to write and when.
struct Connection {
  UniqueFd fd;
  bool to_epmd = false;
  bool logged_in = false;
  bool closing = false;  ///< after everything is written
  bool failed = false;
  ServerEpmd epmd;
  ServerHandshake handshake;
  ServerLink link;
  std::optional<Started> started;
  std::uint32_t programs = 0;
  Bytes output;
  struct Pending {
    Clock::time_point at;
    Action action;
  };
  std::list<Pending> pending;  ///< in the order of their times
  std::optional<Clock::time_point> next_tick;
  Bytes flood;  ///< sent again and again

  Pid process() const { return {Atom{"fake@localhost"}, 100 + programs, 0, 3}; }
};

/// Adds the steps of a program after those that it has not executed yet.
void schedule(Connection& connection, const Script& script);

/// Executes the actions that are due, and collects their output.
void execute(Connection& connection);

/// Writes what the socket takes of the output.
void write(Connection& connection);

}  // namespace erlrc::test
