// SPDX-License-Identifier: BSD-3-Clause
#include <erlrc/node/dist_rpc.hpp>

#include <erlrc/base/error.hpp>
#include <erlrc/node/connect.hpp>
#include <erlrc/sys/file.hpp>
#include <erlrc/term/etf.hpp>

#include "catch.hpp"
#include "fake_node.hpp"
#include "paths.hpp"

using namespace erlrc;
using namespace erlrc::test;

namespace {

const Bytes forms = encode_term(list({tuple(Atom{"atom"}, 1, Atom{"ok"})})).substr(1);
const Bytes functions = encode_term(binary("clauses")).substr(1);
const Program program{"program", forms, functions};

Deadline soon() {
  return after(milliseconds(60000));
}

std::unique_ptr<Rpc> connected(const FakeNode& node) {
  auto rpc = connect(node.entry(), soon());
  REQUIRE(rpc);
  return rpc;
}

/// A node whose programs run this script.
struct Scripted {
  explicit Scripted(const Script& script) {
    node.on_start([script](const Call&) { return script; });
    rpc = connected(node);
    rpc->start(program, Atom{"argument"});
  }
  FakeNode node;
  std::unique_ptr<Rpc> rpc;
};

}  // namespace

TEST_CASE("a program is sent with its argument, and its messages arrive in order") {
  Scripted scripted({Say{1}, Say{tuple(Atom{"two"}, list())}, Exit{}});
  CHECK(scripted.rpc->node() == "fake@localhost");
  CHECK(scripted.rpc->receive(soon()) == Term(1));
  CHECK(scripted.rpc->receive(soon()) == tuple(Atom{"two"}, list()));
  REQUIRE(scripted.node.calls().size() == 1);
  CHECK(is_call_of(scripted.node.calls()[0], program));
  CHECK_FALSE(is_call_of(scripted.node.calls()[0], {"other", functions, functions}));
  CHECK(scripted.node.calls()[0].argument == Term(Atom{"argument"}));
}

TEST_CASE("large terms are sent in both directions") {
  const Term large = list(std::vector<Term>(5000, tuple(Atom{"x"}, binary(Bytes(500, 'y')))));
  FakeNode node;
  node.on_start([](const Call& call) { return Script{Say{call.argument}, Exit{}}; });
  const auto rpc = connected(node);
  rpc->start(program, large);
  CHECK((rpc->receive(soon()) == large));
}

TEST_CASE("programs run one after the other on one connection") {
  FakeNode node;
  node.answer({Atom{"first"}, Atom{"second"}});
  const auto rpc = connected(node);
  for (const char* expected : {"first", "second", "second"}) {
    rpc->start(program, list());
    CHECK(rpc->receive(soon()) == Term(Atom{expected}));
  }
  CHECK(node.connections() == 1);
}

TEST_CASE("a message with a reference other than that of the program is dropped") {
  Scripted scripted({SayAsOlder{Atom{"late"}}, Say{Atom{"mine"}}, Exit{}});
  CHECK(scripted.rpc->receive(soon()) == Term(Atom{"mine"}));
}

TEST_CASE("late messages of an earlier program do not reach the next one") {
  FakeNode node;
  int started = 0;
  node.on_start([&started](const Call&) {
    return ++started == 1 ? Script{Say{1}, Say{Atom{"late"}}, Exit{Atom{"late_end"}}}
                          : Script{Say{2}, Exit{}};
  });
  const auto rpc = connected(node);
  rpc->start(program, list());
  CHECK(rpc->receive(soon()) == Term(1));
  rpc->start(program, list());
  CHECK(rpc->receive(soon()) == Term(2));
}

TEST_CASE("messages to the program reach it even if sent before it is known to run") {
  FakeNode node;
  node.on_start([](const Call&) { return Script{}; });
  node.on_message([](const Term& message) { return Script{Say{tuple(Atom{"got"}, message)}}; });
  const auto rpc = connected(node);
  rpc->start(program, list());
  rpc->send(1);
  rpc->send(2);
  CHECK(rpc->receive(soon()) == tuple(Atom{"got"}, 1));
  CHECK(rpc->receive(soon()) == tuple(Atom{"got"}, 2));
  rpc->send(3);
  CHECK(rpc->receive(soon()) == tuple(Atom{"got"}, 3));
  CHECK(node.messages() == std::vector<Term>{1, 2, 3});
}

TEST_CASE("a program that ends without a message is an error with its reason") {
  Scripted crashed({Exit{tuple(Atom{"badarg"}, list())}});
  CHECK_THROWS_WITH(crashed.rpc->receive(soon()), "program: ended: {badarg,[]}");
  CHECK_THROWS_WITH(crashed.rpc->receive(soon()), "program: is not running");
  Scripted silent({Exit{}});
  CHECK_THROWS_WITH(silent.rpc->receive(soon()), "program: ended without an answer");
  Scripted said({Say{1}, Exit{}});
  CHECK(said.rpc->receive(soon()) == Term(1));
  CHECK_THROWS_WITH(said.rpc->receive(soon()), "program: ended without an answer");
}

TEST_CASE("a program that the node does not start is an error with the node's reason") {
  Scripted refused({RefuseSpawn{Atom{"system_limit"}}});
  CHECK_THROWS_WITH(refused.rpc->receive(soon()), "program: cannot be started: system_limit");
}

TEST_CASE("a node that closes the connection, or breaks the protocol, in the middle of a call is an error") {
  Scripted closed({Wait{milliseconds(20)}, CloseConnection{}});
  CHECK_THROWS_WITH(closed.rpc->receive(soon()), "program: the node closed the connection");
  FakeNode at_start({.fault = Fault::closes_at_start});
  auto rpc = connected(at_start);
  rpc->start(program, list());
  CHECK_THROWS_WITH(rpc->receive(soon()), "program: the node closed the connection");
  FakeNode garbage({.fault = Fault::garbage_after_login});
  rpc = connected(garbage);
  rpc->start(program, list());
  CHECK_THROWS_WITH(rpc->receive(soon()), "program: announces a packet of 1213486160 bytes");
}

TEST_CASE("a late answer is an error, and can still be waited for") {
  Scripted late({});
  late.node.on_message([](const Term&) { return Script{Say{1}, Exit{}}; });
  CHECK_THROWS_AS(late.rpc->receive(after(milliseconds(30))), TimedOut);
  late.rpc->send(Atom{"now"});
  CHECK(late.rpc->receive(soon()) == Term(1));
}

TEST_CASE("ticks are answered during a wait, and do not extend it") {
  FakeNode node({.fault = Fault::ticks_only});
  const auto rpc = connected(node);
  rpc->start(program, list());
  const Deadline until = soon();
  do
    CHECK_THROWS_WITH(rpc->receive(after(milliseconds(100))), "program: did not answer in time");
  while (node.ticks_answered() < 3 && left_until(until).count() > 0);
  CHECK(node.ticks_answered() >= 3);
}

TEST_CASE("a node that sends other messages without a pause is refused") {
  const Flood::Of of = GENERATE(Flood::Of::monitors, Flood::Of::messages);
  Scripted flood({Flood{of}});
  CHECK_THROWS_WITH(flood.rpc->receive(soon()), "program: sends more than 1000 messages before its answer");
}

TEST_CASE("a node that ticks without a pause is waited for until the deadline at most") {
  Scripted flood({Flood{Flood::Of::ticks}});
  CHECK_THROWS_WITH(flood.rpc->receive(after(milliseconds(50))), "program: did not answer in time");
}

namespace {

/// A node that sends the recorded bytes of a real one, in pieces of this size.
class Replay : public ByteStream {
public:
  Replay(Bytes recorded, std::size_t piece) : recorded_(std::move(recorded)), piece_(piece) {}
  Bytes read_some(Deadline) override {
    const Bytes bytes = recorded_.substr(0, piece_);
    recorded_.erase(0, bytes.size());
    return bytes;
  }
  void write_all(BytesView, Deadline) override {}

private:
  Bytes recorded_;
  std::size_t piece_;
};

}  // namespace

TEST_CASE("a whole call is decoded as a node of each OTP release answered it") {
  const std::string release = GENERATE(as<std::string>{}, "23", "25", "27", "29");
  const std::size_t piece = GENERATE(1, 100000);
  auto stream =
      std::make_unique<Replay>(read_file(in_source("tests/golden/dist/otp") + release + ".call"), piece);
  DistRpc rpc(std::move(stream), {{"golden", "127.0.0.1"}, Cookie("live_secret"), 0x01020304}, soon());
  CHECK(rpc.node() == "golden@127.0.0.1");
  rpc.start(program, list());
  CHECK(rpc.receive(soon()) == tuple(Atom{"hello"}, Atom{"golden@127.0.0.1"}));
  CHECK_THROWS_WITH(rpc.receive(soon()), "program: ended without an answer");
  CHECK_THROWS_WITH(rpc.receive(soon()), "program: is not running");
}
