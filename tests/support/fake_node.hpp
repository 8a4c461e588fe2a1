// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <variant>
#include <vector>

#include <erlrc/erlang/program.hpp>
#include <erlrc/site/registry.hpp>
#include <erlrc/sys/deadline.hpp>
#include <erlrc/term/term.hpp>

#include "mirror.hpp"

// A node that is none: real sockets on loopback with an epmd of its own, driven by a thread of its own. It
// records which programs a client starts and plays what the test has scripted. Programs of the project can be
// run against it: give them `entry()` as a file of the registry, or `epmd_port()` as $ERL_EPMD_PORT.

namespace erlrc::test {

/// How the node, or its epmd, misbehaves. Each is one thing that is wrong on an otherwise good node.
enum class Fault {
  none,
  epmd_absent,               ///< nobody listens where epmd should be
  epmd_silent,               ///< takes the question and never answers
  epmd_garbage,              ///< answers with text of another protocol
  epmd_closes,               ///< closes the connection without an answer
  names_garbage,             ///< epmd answers so when it is asked for all names
  names_silent,              ///< epmd does not answer that question
  names_outdated,            ///< epmd lists the node with a port where nobody listens
  unregistered,              ///< epmd does not know the node
  registered_before_otp_23,  ///< with version 5 of the protocol as the highest
  port_closed,               ///< registered, but nobody listens
  silent,                    ///< takes the connection and never says a word
  garbage,                   ///< answers our first message with text of another protocol
  closes_at_once,            ///< closes the connection at our first message
  closes_in_handshake,       ///< closes it behind half a challenge
  old_challenge,             ///< challenges as a node before OTP 23 does
  not_allowed,               ///< refuses us as net_kernel:allow/1 makes it
  wrong_proof,               ///< its own digest of the cookie is wrong
  garbage_after_login,       ///< breaks the protocol once a program was started
  closes_at_start,           ///< closes the connection when a program is started
  ticks_only,                ///< ticks every 10 ms and never answers a program
};

/// What a program that was started does, step by step.
struct Say {
  Term message;  ///< sends {Ref, Message} to the client
};
struct SayAsOlder {
  Term message;  ///< the same as another program would, whose reference is not the current one
};
struct Exit {
  Term reason = Atom{"normal"};  ///< the process ends
};
struct Wait {
  milliseconds time;  ///< before what follows
};
struct Tick {};  ///< the node ticks
struct RefuseSpawn {
  Atom reason;  ///< the process is not started after all; must be the first step
};
struct CloseConnection {};
using Action = std::variant<Say, SayAsOlder, Exit, Wait, Tick, RefuseSpawn, CloseConnection>;
using Script = std::vector<Action>;

/// A program as the client started it.
struct Call {
  Bytes forms;
  Bytes functions;
  Term argument;
};

/// Whether `call` started `program`.
bool is_call_of(const Call& call, const Program& program);

struct FakeNodeOptions {
  std::string name = "fake@localhost";
  std::string cookie = "secret";
  Fault fault = Fault::none;
  std::map<std::string, std::uint16_t> others{};  ///< nodes that its epmd knows besides
};

class FakeNode {
public:
  explicit FakeNode(FakeNodeOptions options = {});
  ~FakeNode();

  /// How a client reaches it: alive name, cookie, port of its epmd.
  NodeEntry entry() const;
  std::uint16_t port() const;
  std::uint16_t epmd_port() const;

  /// What programs do that are started from now on; without it, they end with reason `no_script`.
  void on_start(std::function<Script(const Call&)> script);

  /// What the program does when the client sends it a message; without it, nothing.
  void on_message(std::function<Script(const Term&)> script);

  /// The names that its epmd was asked for so far, in order; an empty one for all of them.
  std::vector<std::string> questions() const;

  /// The simplest script: the nth program says the nth message and ends; further ones say the last.
  void answer(std::vector<Term> messages);

  /// The programs that were started so far, in order.
  std::vector<Call> calls() const;
  /// The messages that clients sent to their programs so far, in order.
  std::vector<Term> messages() const;
  /// What clients brought to handshakes so far.
  std::vector<ClientLogin> logins() const;
  /// How many ticks clients have answered so far.
  int ticks_answered() const;
  /// How many connections were made to the node's port so far, and how many of them are still open.
  int connections() const;
  int open_connections() const;

private:
  class Server;
  std::unique_ptr<Server> server_;
};

}  // namespace erlrc::test
