// SPDX-License-Identifier: BSD-3-Clause
#include <erlrc/dist/handshake.hpp>

#include "catch.hpp"
#include "decoder_check.hpp"
#include "mirror.hpp"

using namespace erlrc;
using namespace erlrc::test;

static_assert(Machine<Handshake>);
static_assert(Machine<ServerHandshake>);

namespace {

Login login(const std::string& node = "fake@localhost", const std::string& cookie = "secret") {
  return {parse_node_name(node), Cookie(cookie), 0x01020304};
}

/// Runs client and server against each other. Like a node, the server closes the connection on a wrong
/// cookie.
struct Exchange {
  std::optional<Peer> peer;
  std::optional<ClientLogin> client;
  std::string error;
};

Exchange exchange(const Login& ours, const ServerLogin& theirs) {
  Handshake client(ours);
  ServerHandshake server(theirs);
  Exchange result;
  try {
    converse(client, server, result.peer, result.client);
    client.close();
    if (!result.peer) client.next();
  } catch (const ProtocolError& error) {
    result.error = error.what();
    CHECK_THROWS_WITH(client.next(), error.what());  // a failure is permanent
  }
  return result;
}

/// All that a node sends to the client in a successful handshake.
Bytes node_side() {
  Handshake client(login());
  ServerHandshake server;
  Bytes said;
  for (Bytes out = client.take_output(); !out.empty(); out = client.take_output()) {
    server.receive(out);
    (void)server.next();
    const Bytes in = server.take_output();
    said += in;
    client.receive(in);
    (void)client.next();
  }
  return said;
}

std::string error_after(BytesView bytes, bool closed = false) {
  Handshake client(login());
  client.receive(bytes);
  if (closed) client.close();
  try {
    client.next();
  } catch (const ProtocolError& error) {
    return error.what();
  }
  return "none";
}

}  // namespace

TEST_CASE("the first message has exactly the bytes for our flags and our host") {
  Handshake client(login());
  CHECK(client.take_output() ==
        ByteWriter().u16(24).u8('N').u64(0x707470fbc).u32(0).u16(9).bytes("localhost").take());
}

TEST_CASE("with TLS, lengths have four bytes") {
  Login secure = login();
  secure.wide_lengths = true;
  Handshake client(secure);
  CHECK(client.take_output() ==
        ByteWriter().u32(24).u8('N').u64(0x707470fbc).u32(0).u16(9).bytes("localhost").take());
  Bytes narrow = node_side();
  Bytes wide;
  for (ByteReader reader(narrow); !reader.empty();) {
    const std::uint16_t size = reader.u16();
    wide += ByteWriter().u32(size).bytes(reader.take(size)).take();
  }
  client.receive(wide);
  CHECK(client.next()->node == "fake@localhost");
  Handshake other(secure);
  other.receive(ByteWriter().u32(0x10000).u8('s').take());
  CHECK_THROWS_WITH(other.next(), "announces a message of the handshake that is too long");
}

TEST_CASE("we offer all flags that OTP 26 to 29 demand, and none that changes what nodes send us") {
  constexpr std::uint64_t demanded_by_29 = 0x403070f94;
  constexpr std::uint64_t hidden_atom_cache_or_fragments = 0x1 | 0x2 | 0x40 | 0x2000 | 0x800000;
  CHECK((our_flags & demanded_by_29) == demanded_by_29);
  CHECK((our_flags & hidden_atom_cache_or_fragments) == 0);
}

TEST_CASE("a handshake ends with what both sides know about each other") {
  const auto result = exchange(login(), {});
  CHECK(result.error.empty());
  CHECK(result.peer == Peer{"fake@localhost", 0xd07df7fbc | DFLAG_NAME_ME, Atom{"1Q2W3E@localhost"}, 7});
  CHECK(result.client == ClientLogin{our_flags, "localhost", true, 0x01020304});
}

TEST_CASE("messages of the link can be sent with our reply once the node has sent its name") {
  int asked = 0;
  Handshake client(login(), [&](const Peer& peer) {
    ++asked;
    return Bytes("for " + peer.node);
  });
  ServerHandshake server;
  server.receive(client.take_output());
  (void)server.next();
  client.receive(server.take_output());
  CHECK_FALSE(client.next());
  const Bytes reply = client.take_output();
  CHECK(reply.ends_with("for fake@localhost"));  // in one write, which wakes the node once
  server.receive(reply);
  CHECK(server.next() == ClientLogin{our_flags, "localhost", true, 0x01020304});
  CHECK(server.take_rest() == "for fake@localhost");
  client.receive(server.take_output());
  CHECK(client.next());
  CHECK(asked == 1);
}

TEST_CASE("a node gets no answer to its challenge if that is refused") {
  std::uint32_t asked = 0;
  Login ours = login();
  ours.before_answer = [&](std::uint32_t challenge) {
    asked = challenge;
    throw Error("not this one");
  };
  Handshake client(ours, [](const Peer&) { return Bytes("program"); });
  ServerHandshake server({.challenge = 4711});
  server.receive(client.take_output());
  (void)server.next();
  client.receive(server.take_output());
  CHECK_THROWS_WITH(client.next(), "not this one");
  CHECK(client.take_output().empty());
  CHECK(asked == 4711);
}

TEST_CASE("the digest is the MD5 of the cookie and the challenge in decimal") {
  // erlang:md5("secret4294967295")
  CHECK(cookie_digest(Cookie("secret"), 4294967295) ==
        Bytes("\x5d\xfd\x18\x1e\x69\xaa\x58\x7c\xc8\x12\xeb\x33\x3e\x65\x36\xb6", 16));
}

TEST_CASE("a node given without a host may have any host") {
  CHECK(exchange(login("fake"), {}).error.empty());
}

TEST_CASE("a node with another name is reported before the cookie is tried") {
  CHECK(exchange(login("fake@vm", "other"), {}).error == "the node there is fake@localhost, not fake@vm");
  CHECK(exchange(login("cake", "other"), {}).error == "the node there is fake@localhost, not cake");
}

TEST_CASE("a wrong cookie is reported as such") {
  const auto result = exchange(login("fake", "wrong"), {});
  CHECK(result.error == "cookie refused");
  CHECK(result.client == ClientLogin{our_flags, "localhost", false, 0x01020304});
}

TEST_CASE("a node that cannot prove that it knows the cookie is refused") {
  ServerLogin server;
  server.wrong_proof = true;
  CHECK(exchange(login(), server).error ==
        "the node does not know the cookie itself: it is an impostor, or broken");
}

TEST_CASE("a node older than OTP 23 is recognized by each of its signs") {
  ServerLogin old_challenge;
  old_challenge.old_challenge = true;
  CHECK(exchange(login(), old_challenge).error == "the node is older than OTP 23");
  ServerLogin old_flags;
  old_flags.flags = 0x7499f;
  CHECK(exchange(login(), old_flags).error == "the node is older than OTP 23");
  ServerLogin unnamed;
  unnamed.status = "ok";
  CHECK(exchange(login(), unnamed).error == "the node is older than OTP 23");
  // OTP 22 closes the connection when it receives an unknown message.
  CHECK(error_after("", true) ==
        "closes the connection at our first message: not an Erlang node, a node that speaks TLS, or one "
        "older than "
        "OTP 23");
}

TEST_CASE("OTP 23 itself is not too old") {
  ServerLogin otp23;
  otp23.flags = 0x101df7fbc | DFLAG_NAME_ME;
  CHECK(exchange(login(), otp23).error.empty());
}

TEST_CASE("each other refusal of a node is reported") {
  ServerLogin server;
  server.status = "not_allowed";
  CHECK(exchange(login(), server).error ==
        "the node does not allow us: net_kernel:allow/1 was called there, or it demands more of a peer than "
        "OTP 29 "
        "does (see its log)");
  server.status = "nok";
  CHECK(exchange(login(), server).error == "the node refuses us with status 'nok'");
  ServerLogin no_spawn;
  no_spawn.flags &= ~DFLAG_SPAWN;
  CHECK(exchange(login(), no_spawn).error == "the node cannot start processes for others");
}

TEST_CASE("names that no node can have are refused") {
  ServerLogin server;
  server.name = "fake";
  CHECK(exchange(login(), server).error == "sends 'fake', which is not the name of a node");
  server.name = "fake@local\nhost";
  CHECK(exchange(login(), server).error == "sends 'fake@local\\x0ahost', which is not the name of a node");
}

TEST_CASE("another kind of server is recognized by its first bytes, without waiting for more") {
  CHECK(error_after("HTTP/1.1 400") ==
        "answers 'HTTP/1.1 400', which is not what a node sends in a handshake");
  CHECK(error_after("\x15\x03\x03") ==
        "answers '\\x15\\x03\\x03', which is not what a node sends in a handshake");
  CHECK(error_after(Bytes("\0\0", 2)) == "sends an empty message in the handshake");
  CHECK(error_after(Bytes("\0\x08snamed:\0", 10)) == "broken message: cut short: 2 bytes expected, 1 left");
}

TEST_CASE("a connection closed in the middle of a message is reported as such") {
  CHECK(error_after(node_side().substr(0, 10), true) ==
        "closes the connection in the middle of the handshake");
}

TEST_CASE("bytes that a node sends after the handshake belong to the link") {
  Handshake client(login());
  client.receive(node_side() + Bytes(4, '\0'));
  CHECK(client.next().has_value());
  CHECK(client.next() == std::nullopt);
  CHECK(client.take_rest() == Bytes(4, '\0'));
}

TEST_CASE("every answer in the handshake is decoded or refused") {
  check_machine(node_side(), [] { return Handshake(login()); });
}
