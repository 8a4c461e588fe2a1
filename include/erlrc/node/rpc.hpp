// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <string>

#include <erlrc/erlang/program.hpp>
#include <erlrc/sys/deadline.hpp>
#include <erlrc/term/term.hpp>

// A live node that can be asked to run a program of ours. It is `virtual` so that tests can put a
// scripted node here.

namespace erlrc {

/// A program to be started, and what it is given.
struct ProgramCall {
  Program program;
  Term argument;
};

class Rpc {
public:
  virtual ~Rpc() = default;

  /// The node's full name, from the handshake.
  virtual const std::string& node() const = 0;

  /// Starts `program`; at most one runs at a time on a connection.
  virtual void start(const Program& program, const Term& argument) = 0;

  /// The next Message of the program that runs. Throws TimedOut when `until` passes (it may be called again),
  /// Error with the reason when the program's process ended without a further message, ProtocolError when the
  /// connection was lost; each names the program.
  virtual Term receive(Deadline until) = 0;

  /// Sends {Ref, Message} to the process of the program.
  virtual void send(const Term& message) = 0;
};

}  // namespace erlrc
