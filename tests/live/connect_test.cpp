// SPDX-License-Identifier: BSD-3-Clause
#include <erlrc/node/connect.hpp>

#include <signal.h>

#include <thread>

#include <erlrc/base/error.hpp>
#include <erlrc/dist/epmd.hpp>
#include <erlrc/dist/handshake.hpp>
#include <erlrc/node/dist_rpc.hpp>
#include <erlrc/node/pump.hpp>
#include <erlrc/sys/environment.hpp>
#include <erlrc/sys/file.hpp>
#include <erlrc/sys/socket.hpp>
#include <erlrc/term/etf.hpp>
#include <erlrc/term/text.hpp>

#include "catch.hpp"
#include "live_node.hpp"
#include "paths.hpp"

// Tests connections to real nodes, of the OTP release of `erl` in PATH.

using namespace erlrc;
using namespace erlrc::test;

namespace {

Deadline soon() {
  return after(milliseconds(60000));
}

/// Returns Argument and the name of the node.
const Bytes echo_forms = encode_term(parse_term(R"([
  {op,1,'!',{var,1,'Client'},{tuple,1,[{var,1,'Ref'},
    {tuple,1,[{var,1,'Argument'},{call,1,{atom,1,node},[]}]}]}}])"))
                             .substr(1);
const Program echo{"echo", echo_forms, {}};

/// Sleeps Argument milliseconds, then sends `awake`.
const Bytes sleep_forms = encode_term(parse_term(R"([
  {call,1,{remote,1,{atom,1,timer},{atom,1,sleep}},[{var,1,'Argument'}]},
  {op,1,'!',{var,1,'Client'},{tuple,1,[{var,1,'Ref'},{atom,1,awake}]}}])"))
                              .substr(1);
const Program sleeper{"sleeper", sleep_forms, {}};

/// Sends `ready`, waits for {Ref, M}, sends {got, M}.
const Bytes dialogue_forms = encode_term(parse_term(R"([
  {op,1,'!',{var,1,'Client'},{tuple,1,[{var,1,'Ref'},{atom,1,ready}]}},
  {'receive',1,[{clause,1,[{tuple,1,[{var,1,'Ref'},{var,1,'M'}]}],[],
    [{op,1,'!',{var,1,'Client'},{tuple,1,[{var,1,'Ref'},{tuple,1,[{atom,1,got},{var,1,'M'}]}]}}]}]}])"))
                                 .substr(1);
const Program dialogue{"dialogue", dialogue_forms, {}};

/// error(Argument)
const Bytes crash_forms = encode_term(parse_term("[{call,1,{atom,1,error},[{var,1,'Argument'}]}]")).substr(1);
const Program crasher{"crasher", crash_forms, {}};

/// Registers itself as Argument, reports it, and records in the application environment, 500 ms later, that
/// it got there.
const Bytes survivor_forms = encode_term(parse_term(R"([
  {op,1,'!',{var,1,'Client'},{tuple,1,[{var,1,'Ref'},{atom,1,started}]}},
  {call,1,{remote,1,{atom,1,timer},{atom,1,sleep}},[{integer,1,500}]},
  {call,1,{remote,1,{atom,1,application},{atom,1,set_env}},[{atom,1,kernel},{atom,1,survivor},{var,1,'Argument'}]}])"))
                                 .substr(1);
const Program survivor{"survivor", survivor_forms, {}};

/// Calls the node and expects the correct answer.
void expect_echo(const NodeEntry& entry) {
  const auto rpc = connect(entry, soon());
  REQUIRE(rpc);
  rpc->start(echo, Atom{"hello"});
  CHECK(print_term(rpc->receive(soon())) == print_term(tuple(Atom{"hello"}, Atom{rpc->node()})));
}

std::string error_of(const NodeEntry& entry, Deadline until = soon()) {
  try {
    return connect(entry, until) ? "connected" : "down";
  } catch (const Error& error) {
    return error.what();
  }
}

bool ends_with(const std::string& text, std::string_view end) {
  return text.ends_with(end);
}

}  // namespace

TEST_CASE("a node is called by its short or long name, with or without host") {
  const LiveEpmd epmd;
  const LiveNode short_name(epmd);
  expect_echo(short_name.entry());
  const LiveNode long_name(epmd, {.host = "127.0.0.1"});
  expect_echo(long_name.entry());
  NodeEntry full = long_name.entry();
  full.name.host = "127.0.0.1";
  expect_echo(full);
  full.name.host = "example.org";  // the host was renamed
  expect_echo(full);
}

TEST_CASE("a node that listens only on ::1 is found") {
  const LiveEpmd epmd;
  const LiveNode node(epmd, {.ipv6 = true});
  expect_echo(node.entry());
}

TEST_CASE("a node that listens only on another address of this host is found") {
  const LiveEpmd epmd;
  const LiveNode node(epmd, {.interface = "{127,0,1,1}"});
  expect_echo(node.entry());
}

TEST_CASE("a node whose port is known is called without epmd") {
  const std::uint16_t port = free_port();
  const LiveNode node(free_port(),
                      {.arguments = {"-start_epmd", "false", "-erl_epmd_port", std::to_string(port)}});
  NodeEntry entry = node.entry();
  // Without the port this is the case of a node whose epmd has ended.
  CHECK(ends_with(error_of(entry),
                  "is not running, but process " + std::to_string(node.pid()) + " runs as " + node.alive()));
  entry.port = port;
  expect_echo(entry);
}

TEST_CASE("a node that is down is reported as down, with and without epmd") {
  const LiveEpmd epmd;
  LiveNode node(epmd);
  const NodeEntry entry = node.entry();
  node.kill();
  CHECK(error_of(entry) == "down");
  NodeEntry nowhere = entry;
  nowhere.epmd_port = free_port();
  CHECK(error_of(nowhere) == "down");
}

TEST_CASE("a running node whose epmd has ended is an error, not down") {
  LiveEpmd epmd;
  const LiveNode node(epmd);
  epmd.kill();
  CHECK(error_of(node.entry()) == "epmd at port " + std::to_string(epmd.port()) +
                                      ": is not running, but process " + std::to_string(node.pid()) +
                                      " runs as " + node.alive());
}

TEST_CASE("a wrong cookie is refused, and reported by us and by the node") {
  const LiveEpmd epmd;
  const LiveNode node(epmd);
  NodeEntry entry = node.entry();
  entry.cookie = Cookie("GUESSED");
  CHECK(ends_with(error_of(entry), ": cookie refused"));
  expect_echo(node.entry());
}

TEST_CASE("a node that allows only others reports it") {
  const LiveEpmd epmd;
  const LiveNode node(epmd, {.arguments = {"-eval", "net_kernel:allow(['friend@example.org'])."}});
  const std::string error = error_of(node.entry());
  CHECK(error.find("the node does not allow us: net_kernel:allow/1 was called there") != std::string::npos);
}

TEST_CASE("a node that does not answer is waited for until the deadline") {
  const LiveEpmd epmd;
  const LiveNode node(epmd);
  node.signal(SIGSTOP);
  CHECK(ends_with(error_of(node.entry(), after(milliseconds(300))), ": did not answer in time"));
  node.signal(SIGCONT);
  expect_echo(node.entry());
}

TEST_CASE("ticks keep a connection alive through a call longer than the node's patience") {
  const LiveEpmd epmd;
  // A peer that does not answer ticks is dropped after about 4 s; the call takes 6.
  const LiveNode node(epmd, {.arguments = {"-kernel", "net_ticktime", "4"}});
  const auto rpc = connect(node.entry(), soon());
  rpc->start(sleeper, 6000);
  CHECK(rpc->receive(soon()) == Term(Atom{"awake"}));
}

TEST_CASE("large terms are sent in both directions") {
  const LiveEpmd epmd;
  const LiveNode node(epmd);
  const auto rpc = connect(node.entry(), soon());
  Bytes bytes(3'000'000, '\0');
  for (std::size_t i = 0; i < bytes.size(); ++i)
    bytes[i] = static_cast<char>(i * 7);
  std::vector<Term> numbers;
  for (int i = 0; i < 100'000; ++i)
    numbers.emplace_back(i * 100);
  const Term large = tuple(binary(bytes), list(std::move(numbers)));
  rpc->start(echo, large);
  CHECK((rpc->receive(soon()) == tuple(large, Atom{rpc->node()})));
}

TEST_CASE("a node that dies in the middle of a call is an error") {
  const LiveEpmd epmd;
  LiveNode node(epmd);
  const auto rpc = connect(node.entry(), soon());
  rpc->start(sleeper, 60000);
  CHECK_THROWS_AS(rpc->receive(after(milliseconds(100))), TimedOut);
  node.kill();
  CHECK_THROWS_WITH(rpc->receive(soon()), "sleeper: the node closed the connection");
}

TEST_CASE("messages are exchanged with a program") {
  const LiveEpmd epmd;
  const LiveNode node(epmd);
  const auto rpc = connect(node.entry(), soon());
  rpc->start(dialogue, list());
  CHECK(rpc->receive(soon()) == Term(Atom{"ready"}));
  rpc->send(string("hello"));
  CHECK(print_term(rpc->receive(soon())) == "{got,\"hello\"}");
  rpc->start(dialogue, list());
  rpc->send(1);  // before the node has reported that it runs
  CHECK(rpc->receive(soon()) == Term(Atom{"ready"}));
  CHECK(print_term(rpc->receive(soon())) == "{got,1}");
}

TEST_CASE("a program that crashes reports its reason, and the next one runs") {
  const LiveEpmd epmd;
  const LiveNode node(epmd);
  const auto rpc = connect(node.entry(), soon());
  rpc->start(crasher, Atom{"on_purpose"});
  try {
    (void)rpc->receive(soon());
    FAIL("no error");
  } catch (const Error& error) {
    CHECK(std::string(error.what()).starts_with("crasher: ended: {on_purpose,[{"));
  }
  rpc->start(echo, 1);
  CHECK(print_term(rpc->receive(soon())).starts_with("{1,"));
}

TEST_CASE("a program runs to its end if we disconnect, and leaves no trace of us") {
  const LiveEpmd epmd;
  const LiveNode node(epmd);
  {
    const auto rpc = connect(node.entry(), soon());
    rpc->start(survivor, Atom{"got_there"});
    CHECK(rpc->receive(soon()) == Term(Atom{"started"}));
  }
  // Only the connection that asks is left.
  const std::string seen = "{application:get_env(kernel, survivor), nodes(), length(nodes(hidden))}.";
  const std::string end = "{{ok,got_there},[],1}";
  const Deadline until = soon();
  while (print_term(node.evaluate(seen)) != end && left_until(until).count() > 0)
    std::this_thread::sleep_for(milliseconds(20));
  CHECK(print_term(node.evaluate(seen)) == end);
}

TEST_CASE("many clients at a time do not disturb each other") {
  const LiveEpmd epmd;
  const LiveNode node(epmd);
  std::vector<std::unique_ptr<Rpc>> clients;
  for (int i = 0; i < 20; ++i) {
    clients.push_back(connect(node.entry(), soon()));
    clients.back()->start(echo, i);
  }
  for (int i = 0; i < 20; ++i)
    CHECK(clients[static_cast<std::size_t>(i)]->receive(soon()) == tuple(i, Atom{clients[0]->node()}));
}

namespace {

/// Records the bytes from a node.
class RecordingStream : public ByteStream {
public:
  explicit RecordingStream(std::unique_ptr<ByteStream> stream) : stream_(std::move(stream)) {}
  Bytes read_some(Deadline until) override {
    const Bytes bytes = stream_->read_some(until);
    recorded += bytes;
    return bytes;
  }
  void write_all(BytesView bytes, Deadline until) override { stream_->write_all(bytes, until); }

  Bytes recorded;

private:
  std::unique_ptr<ByteStream> stream_;
};

}  // namespace

// With ERLRC_RECORD=1 this makes the recordings that tests/unit/node replays; run it that way with each OTP
// release.
TEST_CASE("the bytes of a node in a whole call can be recorded") {
  const LiveEpmd epmd;
  const LiveNode node(epmd, {.alive = "golden", .host = "127.0.0.1"});
  EpmdQuery query("golden");
  const auto asked = connect_to_local_port(epmd.port(), soon());
  const auto found = pump(query, *asked, soon()).registration;
  REQUIRE(found);
  auto owned = std::make_unique<RecordingStream>(connect_to_local_port(found->port, soon()));
  RecordingStream& stream = *owned;
  DistRpc rpc(std::move(owned), {{"golden", std::nullopt}, node.entry().cookie, 0x01020304}, soon());
  rpc.start(echo, Atom{"hello"});
  CHECK(print_term(rpc.receive(soon())) == "{hello,'golden@127.0.0.1'}");
  CHECK_THROWS_WITH(rpc.receive(soon()), "echo: ended without an answer");
  CHECK(stream.recorded.size() > 400);
  if (!environment("ERLRC_RECORD")) return;
  write_file_atomically(in_source("tests/golden/dist/otp") + std::to_string(node.otp_release()) + ".call",
                        stream.recorded, 0644);
}
