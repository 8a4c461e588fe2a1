// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include <erlrc/erlang/program.hpp>
#include <erlrc/site/registry.hpp>
#include <erlrc/sys/deadline.hpp>
#include <erlrc/term/term.hpp>

#include "mirror.hpp"

// A fake node: real sockets on loopback with its own epmd, driven by its own thread. It records which
// programs a client starts and follows the script of the test. Programs of the project can be run against it:
// give them `entry()` as a file of the registry, or `epmd_port()` as $ERL_EPMD_PORT.

namespace erlrc::test {

/// How the node, or its epmd, misbehaves. Each value is one fault of an otherwise good node.
enum class Fault {
  none,
  epmd_absent,               ///< the port of epmd has no listener
  epmd_silent,               ///< accepts the request and never answers
  epmd_garbage,              ///< answers with text of another protocol
  epmd_closes,               ///< closes the connection without an answer
  names_garbage,             ///< epmd answers a request for all names with text of another protocol
  names_silent,              ///< epmd does not answer that request
  names_outdated,            ///< epmd lists the node with a port without a listener
  unregistered,              ///< epmd does not know the node
  registered_before_otp_23,  ///< with version 5 of the protocol as the highest
  port_closed,               ///< registered, but nothing is listening
  silent,                    ///< accepts the connection and never sends anything
  garbage,                   ///< answers our first message with text of another protocol
  closes_at_once,            ///< closes the connection at our first message
  closes_in_handshake,       ///< closes it after half a challenge
  old_challenge,             ///< sends the challenge of a node before OTP 23
  not_allowed,               ///< refuses us as after net_kernel:allow/1
  wrong_proof,               ///< its own digest of the cookie is wrong
  no_proof,                  ///< never sends its own digest of the cookie
  garbage_after_login,       ///< breaks the protocol after a program was started
  closes_at_start,           ///< closes the connection when a program is started
  ticks_only,                ///< ticks every 10 ms and never answers a program
};

/// The steps of a started program.
struct Say {
  Term message;  ///< sends {Ref, Message} to the client
};
struct SayAsOlder {
  Term message;  ///< sends the same with a reference other than the program's
};
struct Exit {
  Term reason = Atom{"normal"};  ///< the process ends
};
struct Wait {
  milliseconds time;  ///< before what follows
};
struct Tick {};  ///< the node ticks
struct RefuseSpawn {
  Atom reason;  ///< the process is not started; must be the first step
};
struct CloseConnection {};
/// From then on, sends the same bytes without a pause until the connection ends.
struct Flood {
  enum class Of { ticks, monitors, messages } of;
};
using Action = std::variant<Say, SayAsOlder, Exit, Wait, Tick, RefuseSpawn, CloseConnection, Flood>;
using Script = std::vector<Action>;

/// A program started by the client. Questions which files the node sees are not recorded, and answered
/// without the script of the test.
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
  std::map<std::string, std::uint16_t> others{};  ///< other nodes registered with its epmd
  std::optional<std::uint32_t> listens_as{};      ///< the user whose port it is; only root can choose
  std::optional<std::uint32_t> user{};            ///< that accepts connections; only root can choose
  std::optional<std::uint32_t> challenge{};       ///< sent to clients; absent: a fixed one
  bool sees_our_files = true;                     ///< false: it is in a container, and sees others
  std::string hidden{};                           ///< the path of a directory that it does not see
};

class FakeNode {
public:
  explicit FakeNode(FakeNodeOptions options = {});
  ~FakeNode();

  /// How a client reaches it: alive name, cookie, port of its epmd.
  NodeEntry entry() const;
  std::uint16_t port() const;
  std::uint16_t epmd_port() const;

  /// Sets what programs started from now on do; without it, they end with reason `no_script`.
  void on_start(std::function<Script(const Call&)> script);

  /// Sets what the program does when the client sends it a message; without it, nothing.
  void on_message(std::function<Script(const Term&)> script);

  /// The names requested from its epmd so far, in order; an empty one for a request for all names.
  std::vector<std::string> questions() const;

  /// The simplest script: the nth program sends the nth message and ends; further ones send the last.
  void answer(std::vector<Term> messages);

  /// The programs that were started so far, in order.
  std::vector<Call> calls() const;
  /// The messages that clients sent to their programs so far, in order.
  std::vector<Term> messages() const;
  /// The logins of clients in handshakes so far.
  std::vector<ClientLogin> logins() const;
  /// The number of ticks answered by clients so far.
  int ticks_answered() const;
  /// The number of connections to the node's port so far, and how many of them are still open.
  int connections() const;
  int open_connections() const;

private:
  class Server;
  std::unique_ptr<Server> server_;
};

}  // namespace erlrc::test
