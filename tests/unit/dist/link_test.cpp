// SPDX-License-Identifier: BSD-3-Clause
#include <erlrc/dist/link.hpp>

#include <erlrc/term/etf.hpp>

#include "catch.hpp"
#include "decoder_check.hpp"
#include "mirror.hpp"

using namespace erlrc;
using namespace erlrc::test;

static_assert(Machine<Link>);
static_assert(Machine<ServerLink>);

namespace {

const Pid us{Atom{"1Q2W3E@localhost"}, 1, 0, 7};
const Pid process{Atom{"fake@localhost"}, 93, 0, 3};
const Reference reference{Atom{"1Q2W3E@localhost"}, 7, {1, 0, 0}};
const Started started{reference, us, {}, {}, {}};

std::optional<LinkEvent> event_of(const Packet& packet) {
  Link link;
  link.receive(wire(packet));
  return link.next();
}

std::string error_of(BytesView bytes) {
  Link link;
  link.receive(bytes);
  try {
    link.next();
  } catch (const ProtocolError& error) {
    CHECK_THROWS_WITH(link.next(), error.what());  // a failure is permanent
    return error.what();
  }
  return "none";
}

Bytes packet_of(BytesView body) {
  return ByteWriter().u32(static_cast<std::uint32_t>(body.size())).bytes(body).take();
}

std::string error_of_control(const Term& control) {
  return error_of(wire({control, {}}));
}

}  // namespace

TEST_CASE("messages to us arrive unchanged, however they were sent") {
  const Term message = tuple(Atom{"hello"}, 42);
  const Bytes encoded = encode_term(message);
  CHECK(event_of({tuple(SEND, Atom{""}, us), encoded}) == LinkEvent(Delivered{message}));
  CHECK(event_of({tuple(SEND_SENDER, process, us), encoded}) == LinkEvent(Delivered{message}));
  CHECK(event_of({tuple(REG_SEND, process, Atom{""}, Atom{"x"}), encoded}) == LinkEvent(Delivered{message}));
}

TEST_CASE("the end of a monitored process is reported with its reason, in either form") {
  const Term reason = tuple(Atom{"badarg"}, list());
  CHECK(event_of({tuple(MONITOR_P_EXIT, process, us, reference, reason), {}}) ==
        LinkEvent(Exited{reference, reason}));
  CHECK(event_of(exits(started, process, reason)) == LinkEvent(Exited{reference, reason}));
}

TEST_CASE("the answer to a spawn request is the process or the reason of the failure") {
  CHECK(event_of(spawn_reply(started, process)) == LinkEvent(SpawnAnswer{reference, process}));
  CHECK(event_of(spawn_reply(started, Atom{"notsup"})) == LinkEvent(SpawnAnswer{reference, Atom{"notsup"}}));
}

TEST_CASE("control messages that need no answer are ignored") {
  Link link;
  link.receive(wire({tuple(3, process, us, Atom{"normal"}), {}}));  // EXIT
  link.receive(wire({tuple(35, 1, process, us), {}}));              // UNLINK_ID
  link.receive(wire({tuple(4711), encode_term(1)}));
  CHECK(link.next() == std::nullopt);
  link.receive(wire({tuple(SEND, Atom{""}, us), encode_term(1)}));
  CHECK(link.next() == LinkEvent(Delivered{1}));
  CHECK(link.take_output().empty());
}

TEST_CASE("each tick is answered by one tick") {
  Link link;
  link.receive(Bytes(8, '\0'));
  CHECK(link.next() == std::nullopt);
  CHECK(link.take_output() == Bytes(8, '\0'));
  CHECK(link.take_output().empty());
}

TEST_CASE("bytes received after the handshake are the first input of the link") {
  Link link(wire({tuple(SEND, Atom{""}, us), encode_term(1)}));
  CHECK(link.next() == LinkEvent(Delivered{1}));
}

TEST_CASE("a packet consists of length, kind, control message and message") {
  Link link;
  link.send({tuple(1), encode_term(2)});
  CHECK(link.take_output() == Bytes("\0\0\0\x09\x70\x83\x68\x01\x61\x01\x83\x61\x02", 13));
  link.send({tuple(1), {}});
  CHECK(link.take_output() == Bytes("\0\0\0\x06\x70\x83\x68\x01\x61\x01", 10));
}

TEST_CASE("the node's side sees who monitors a process, and can answer that it does not exist") {
  const Monitored asked{process, us, reference};
  CHECK(event_of({tuple(MONITOR_P, process, us, reference), {}}) == LinkEvent(asked));
  CHECK(no_such_process(asked) == Packet{tuple(MONITOR_P_EXIT, us, process, reference, Atom{"noproc"}), {}});
}

TEST_CASE("the node's side decodes a message to a process") {
  Link link;
  link.send(send_to(process, tuple(reference, Atom{"keep"})));
  ServerLink server;
  server.receive(link.take_output());
  CHECK(server.next() == ServerLink::Event(Sent{process, reference, Atom{"keep"}}));
}

TEST_CASE("many messages in one read are returned one by one, however large the first ones were") {
  Link link;
  Bytes all;
  for (int i = 0; i < 100; ++i)
    all += wire({tuple(SEND, Atom{""}, us), encode_term(tuple(i, binary(Bytes(5000, 'x'))))});
  const std::size_t half = all.size() / 2;
  link.receive(BytesView(all).substr(0, half));
  int seen = 0;
  const auto read = [&] {
    while (auto event = link.next()) {
      CHECK(event == LinkEvent(Delivered{tuple(seen, binary(Bytes(5000, 'x')))}));
      ++seen;
    }
  };
  read();
  link.receive(BytesView(all).substr(half));
  read();
  CHECK(seen == 100);
}

TEST_CASE("a packet that no node sends is an error") {
  CHECK(error_of(Bytes("\x01\0\0\x01", 4)) == "announces a packet of 16777217 bytes");
  CHECK(error_of(Bytes("\x01\0\0\0", 4)) == "none");
  CHECK(error_of(packet_of("D\x83")) == "sends a packet of a kind that was not agreed on");
  CHECK(error_of_control(Atom{"x"}) == "sends a control message that names no operation");
  CHECK(error_of_control(tuple()) == "sends a control message that names no operation");
  CHECK(error_of_control(tuple(Atom{"x"})) == "sends a control message that names no operation");
  CHECK(error_of_control(tuple(SEND, Atom{""})) ==
        "sends a control message that is not a tuple of 3 elements");
  CHECK(error_of_control(tuple(SPAWN_REPLY, 1, us, 0, process)) ==
        "sends a control message without the reference it should have");
  CHECK(error_of(packet_of("p")) != "none");
  CHECK(error_of(packet_of("p\x83")) != "none");
  CHECK(error_of_control(tuple(SEND, Atom{""}, us)) != "none");  // no message
}

TEST_CASE("a message that would take much more memory than its bytes is refused") {
  const Bytes packet = "p" + encode_term(tuple(SEND, Atom{""}, us));
  const Bytes compressed("\x83P\0\0\0\1\x78\x9c\xcb\x02\0\0\x6b\0\x6b", 15);  // a single NIL
  CHECK(error_of(packet_of(packet + compressed)) == "external term: compressed");
  Bytes nils = "\x83l" + ByteWriter().u32(5'000'000).take() + Bytes(5'000'001, 'j');
  CHECK(error_of(packet_of(packet + nils)) == "external term: more terms than are allowed");
}

TEST_CASE("a closed connection is reported after the messages before it") {
  Link link;
  link.receive(wire({tuple(SEND, Atom{""}, us), encode_term(1)}));
  link.close();
  CHECK(link.next() == LinkEvent(Delivered{1}));
  CHECK_THROWS_WITH(link.next(), "the node closed the connection");
}

TEST_CASE("all traffic is decoded or refused") {
  const Bytes all = wire(spawn_reply(started, process)) + Bytes(4, '\0') +
                    wire(program_message(started, tuple(Atom{"ok"}, 1))) +
                    wire({tuple(19, process, us, reference), {}}) +
                    wire(exits(started, process, Atom{"normal"})) +
                    wire({tuple(MONITOR_P_EXIT, process, us, reference, Atom{"noproc"}), {}});
  check_machine(all, [] { return Link(); });
}
