// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <optional>
#include <string>
#include <variant>

#include <erlrc/dist/handshake.hpp>
#include <erlrc/dist/link.hpp>
#include <erlrc/dist/machine.hpp>

// The other side of each protocol machine, in the role of epmd and a node, for tests. They are machines like
// those they mirror, so that both can be connected without a socket, or with real sockets in a FakeNode. They
// trust nothing: input that our client must not send is a ProtocolError.

namespace erlrc::test {

/// epmd: reads one PORT_PLEASE2_REQ or NAMES_REQ; its event is the requested name, or an empty one.
class ServerEpmd {
public:
  using Event = std::string;

  void receive(BytesView bytes) { received_ += bytes; }
  void close() {}
  std::optional<Event> next();
  Bytes take_output() { return {}; }

private:
  Bytes received_;
};

/// PORT2_RESP for a node that is registered.
Bytes epmd_answer(const std::string& alive, std::uint16_t port, std::uint16_t highest_version = 6);
/// PORT2_RESP for a node that is not registered.
Bytes epmd_refusal();
/// The answer to NAMES_REQ, up to where epmd closes the connection.
Bytes epmd_names(std::uint16_t epmd_port, const std::map<std::string, std::uint16_t>& nodes);

/// The behaviour of a node in a handshake; the defaults are those of a good one.
struct ServerLogin {
  std::string name = "fake@localhost";
  std::string cookie = "secret";
  std::uint32_t challenge = 0xfedcba98;
  std::string client_name = "1Q2W3E@localhost";
  std::uint32_t client_creation = 7;
  std::uint64_t flags = 0xd07df7fbc | DFLAG_NAME_ME;
  std::optional<std::string> status{};  ///< sent instead of our name
  bool old_challenge = false;           ///< 'n', as before OTP 23
  bool wrong_proof = false;             ///< its own digest is wrong
};

/// The login of a client in the handshake.
struct ClientLogin {
  std::uint64_t flags = 0;
  std::string host;
  bool knows_cookie = false;  ///< if false, a node closes the connection now
  std::uint32_t challenge = 0;
  bool operator==(const ClientLogin&) const = default;
};

/// The node's side of the handshake; its event is the client's reply.
class ServerHandshake {
public:
  using Event = ClientLogin;

  explicit ServerHandshake(ServerLogin login = {}) : login_(std::move(login)) {}

  void receive(BytesView bytes) { received_ += bytes; }
  void close() {}
  std::optional<Event> next();
  Bytes take_output() { return std::exchange(output_, {}); }
  Bytes take_rest() { return std::exchange(received_, {}); }

private:
  void send(const Bytes& message);
  void read_name(BytesView message);
  void read_reply(BytesView message);

  ServerLogin login_;
  ClientLogin client_;
  Bytes output_;
  Bytes received_;
  int messages_ = 0;
  bool reported_ = false;
};

/// A program that the client asked the node to start.
struct Started {
  Reference id;
  Pid client;
  Bytes forms;      ///< in the external term format, as Program::forms
  Bytes functions;  ///< the same, as Program::functions; empty if the program has no functions
  Term argument;
  bool operator==(const Started&) const = default;
};

/// A message {Ref, Message} that the client sent to a process of the node.
struct Sent {
  Pid to;
  Reference reference;
  Term message;
  bool operator==(const Sent&) const = default;
};

/// The client answered a tick.
struct Ticked {
  bool operator==(const Ticked&) const = default;
};

/// The node's side of the link.
class ServerLink {
public:
  using Event = std::variant<Started, Sent, Ticked>;

  explicit ServerLink(Bytes rest = {}) : received_(std::move(rest)) {}

  void receive(BytesView bytes) { received_ += bytes; }
  void close() {}
  std::optional<Event> next();
  Bytes take_output() { return std::exchange(output_, {}); }

  void send(const Packet& packet);
  void tick() { output_.append(4, '\0'); }

private:
  Bytes output_;
  Bytes received_;
};

/// The bytes of a packet on the wire.
Bytes wire(const Packet& packet);

/// {SPAWN_REPLY, Id, To, 0, Result}
Packet spawn_reply(const Started& started, const Term& result);
/// A message {Ref, Message} from the process of the program.
Packet program_message(const Started& started, const Term& message);
/// {MONITOR_P, Process, Client, Ref}: the process monitors the client
Packet monitors(const Pid& process, const Started& started);
/// {PAYLOAD_MONITOR_P_EXIT, Process, To, Ref} and the reason
Packet exits(const Started& started, const Pid& process, const Term& reason);

/// Moves bytes in both directions until neither side has any; exceptions of the machines are passed on.
template <typename Client, typename Server>
void converse(Client& client, Server& server, std::optional<typename Client::Event>& client_event,
              std::optional<typename Server::Event>& server_event) {
  for (;;) {
    if (auto event = client.next()) client_event = std::move(event);
    const Bytes to_server = client.take_output();
    server.receive(to_server);
    if (auto event = server.next()) server_event = std::move(event);
    const Bytes to_client = server.take_output();
    client.receive(to_client);
    if (to_server.empty() && to_client.empty()) return;
  }
}

}  // namespace erlrc::test
