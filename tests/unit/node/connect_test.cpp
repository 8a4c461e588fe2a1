// SPDX-License-Identifier: BSD-3-Clause
#include <erlrc/node/connect.hpp>

#include <unistd.h>

#include <cstdint>
#include <string>
#include <thread>

#include <erlrc/base/error.hpp>
#include <erlrc/dist/handshake.hpp>
#include <erlrc/sys/user.hpp>

#include "catch.hpp"
#include "fake_node.hpp"
#include "temp_dir.hpp"

using namespace erlrc;
using namespace erlrc::test;

namespace {

Deadline soon() {
  return after(milliseconds(60000));
}

/// A program that can be started with the login.
const ProgramCall first{{"first", "\x6a", {}}, Atom{"argument"}};

/// The error of a failed connect; port numbers are replaced by N and E (for epmd's).
std::string error_of(const FakeNode& node, NodeEntry entry, Deadline until,
                     const ProgramCall* start = nullptr) {
  try {
    (void)connect(entry, until, {}, start);
  } catch (const Error& error) {
    std::string text = error.what();
    for (const auto& [port, letter] : {std::pair{node.port(), 'N'}, std::pair{node.epmd_port(), 'E'}}) {
      const std::string digits = std::to_string(port);
      if (const auto at = text.find(digits); at != std::string::npos)
        text.replace(at, digits.size(), 1, letter);
    }
    return text;
  }
  return "none";
}

std::string error_of(Fault fault, milliseconds time = milliseconds(60000)) {
  const FakeNode node({.fault = fault});
  return error_of(node, node.entry(), after(time));
}

}  // namespace

TEST_CASE("a node is reached by epmd, handshake and cookie, without our own node name") {
  const FakeNode node;
  const auto rpc = connect(node.entry(), soon());
  REQUIRE(rpc);
  CHECK(rpc->node() == "fake@localhost");
  REQUIRE(node.logins().size() == 1);
  const ClientLogin login = node.logins().front();
  CHECK(login == ClientLogin{our_flags, "localhost", true, login.challenge});
}

TEST_CASE("epmd is asked on the port of the entry, otherwise on that of the environment") {
  const FakeNode node;
  NodeEntry entry = node.entry();
  entry.epmd_port.reset();
  {
    const ScopedEnvironment set("ERL_EPMD_PORT", std::to_string(node.epmd_port()).c_str());
    CHECK(connect(entry, soon()));
  }
  const ScopedEnvironment wrong("ERL_EPMD_PORT", "43x");
  CHECK_THROWS_WITH(connect(entry, soon()), "ERL_EPMD_PORT: expected a number from 1 to 65535, got '43x'");
  entry.epmd_port = node.epmd_port();
  CHECK(connect(entry, soon()));
}

TEST_CASE("a node whose port is known is reached without epmd") {
  const FakeNode node({.fault = Fault::epmd_absent});
  NodeEntry entry = node.entry();
  entry.port = node.port();
  CHECK(connect(entry, soon()));
}

TEST_CASE("a node that is down is not an error") {
  const FakeNode unregistered({.fault = Fault::unregistered});
  CHECK(connect(unregistered.entry(), soon()) == nullptr);
  const FakeNode no_epmd({.fault = Fault::epmd_absent});
  CHECK(connect(no_epmd.entry(), soon()) == nullptr);
  const FakeNode closed({.fault = Fault::port_closed});
  NodeEntry entry = closed.entry();
  entry.port = closed.port();
  CHECK(connect(entry, soon()) == nullptr);
}

TEST_CASE("every other problem with reaching a node has its own error") {
  CHECK(error_of(Fault::epmd_garbage) ==
        "epmd at port E: answers 'HTTP/1.1 400 Bad Request\\x0d\\x0a\\x0d\\x0a', which is not an answer of "
        "epmd");
  CHECK(error_of(Fault::epmd_closes) == "epmd at port E: closed the connection without an answer");
  CHECK(error_of(Fault::registered_before_otp_23) == "port N: the node is older than OTP 23");
  CHECK(error_of(Fault::port_closed) == "port N: registered in epmd on this port, but nothing is listening");
  CHECK(error_of(Fault::garbage) ==
        "port N: answers 'HTTP/1.1 400 Bad Request\\x0d\\x0a\\x0d\\x0a', which is not what a node sends in a "
        "handshake");
  CHECK(error_of(Fault::closes_at_once) ==
        "port N: closes the connection at our first message: not an Erlang node, a node that speaks TLS, or "
        "one "
        "older "
        "than OTP 23");
  CHECK(error_of(Fault::closes_in_handshake) ==
        "port N: closes the connection in the middle of the handshake");
  CHECK(error_of(Fault::old_challenge) == "port N: the node is older than OTP 23");
  CHECK(error_of(Fault::not_allowed).starts_with("port N: the node does not allow us: "));
  CHECK(error_of(Fault::wrong_proof) ==
        "port N: the node does not know the cookie itself: it is an impostor, or broken");
}

TEST_CASE("a server that does not answer is waited for until the deadline, and named") {
  CHECK(error_of(Fault::epmd_silent, milliseconds(50)) == "epmd at port E: did not answer in time");
  const FakeNode silent({.fault = Fault::silent});
  NodeEntry entry = silent.entry();
  entry.port = silent.port();  // so that epmd takes no time
  CHECK(error_of(silent, entry, after(milliseconds(50))) == "port N: did not answer in time");
}

TEST_CASE("a wrong cookie is an error, and the cookie is not printed") {
  const FakeNode node;
  NodeEntry entry = node.entry();
  entry.cookie = Cookie("GUESSED");
  CHECK(error_of(node, entry, soon()) == "port N: cookie refused");
}

TEST_CASE("a node with another name is an error, and one whose host was renamed is not") {
  const FakeNode node;
  NodeEntry entry = node.entry();
  entry.name.host = "localhost";
  CHECK(error_of(node, entry, soon()) == "none");
  CHECK(answers_as(entry, "fake@localhost") == std::nullopt);
  entry.name.host = "elsewhere";
  CHECK(error_of(node, entry, soon()) == "none");
  CHECK(answers_as(entry, "fake@localhost") ==
        "fake@elsewhere answers as fake@localhost: register it again under this name, and `erlrc-node "
        "unregister "
        "fake@elsewhere`");
  entry.name.host = std::nullopt;
  CHECK(answers_as(entry, "fake@localhost") == std::nullopt);
  entry.name = {"other", std::nullopt};
  entry.port = node.port();
  CHECK(error_of(node, entry, soon()) == "port N: the node there is fake@localhost, not other");
}

namespace {

/// A node of another user than those of its entry. Only root can have it run as another user; for others, the
/// entry is that of another user.
struct Foreign {
  uid_t user = ::geteuid() == 0 ? 4711 : ::geteuid();
  FakeNode node{{.user = user}};
  NodeEntry entry = node.entry();
  std::string name = user_name(user);

  Foreign() { entry.cookie_owner = 0; }
};

}  // namespace

TEST_CASE("a port of another user than those who may run the node gets no proof of the cookie") {
  Foreign stranger;
  CHECK(error_of(stranger.node, stranger.entry, soon(), &first) ==
        "port N: belongs to user " + stranger.name + ", expected root; see user in erlrc-node(8)");
  CHECK(stranger.node.logins().empty());
  stranger.entry.cookie_owner = 4712;
  stranger.entry.user = 4713;
  CHECK(error_of(stranger.node, stranger.entry, soon()) ==
        "port N: belongs to user " + stranger.name +
            ", expected root or 4712 or 4713; see user in erlrc-node(8)");
}

TEST_CASE("a node that is down is not an error if another user has taken its name or port, and is silent") {
  if (::geteuid() != 0) return;  // only root can listen as another user
  const FakeNode stranger({.fault = Fault::silent, .listens_as = 4711});
  NodeEntry entry = stranger.entry();
  const bool has_port = GENERATE(true, false);
  if (has_port) entry.port = stranger.port();
  entry.cookie_owner = 0;
  const std::string text = "port N: belongs to user 4711, expected root";
  CHECK(error_of(stranger, entry, soon()) == text + "; see user in erlrc-node(8)");
  CHECK_THROWS_AS(connect(entry, soon()), Error);
  entry.user = 4712;
  CHECK(error_of(stranger, entry, soon()) == text + " or 4712; see user in erlrc-node(8)");
  CHECK_THROWS_AS(connect(entry, soon()), NameTaken);
  CHECK(stranger.logins().empty());
}

TEST_CASE("the owner of the cookie and the user of the entry may run the node") {
  Foreign stranger;
  NodeEntry named = stranger.entry;
  named.user = stranger.user;
  CHECK(error_of(stranger.node, named, soon()) == "none");
  NodeEntry owned = stranger.entry;
  owned.cookie_owner = stranger.user;
  CHECK(error_of(stranger.node, owned, soon()) == "none");
}

TEST_CASE("a challenge of ours that waits on another connection is refused as that of a peer") {
  const FakeNode first_node({.fault = Fault::no_proof});
  std::jthread waits([&] {
    try {
      (void)connect(first_node.entry(), after(milliseconds{5000}));
    } catch (const Error&) {  // the answer never comes
    }
  });
  while (first_node.logins().empty())
    std::this_thread::sleep_for(milliseconds{1});
  const std::uint32_t ours = first_node.logins().front().challenge;
  const FakeNode impostor({.challenge = ours});
  CHECK(error_of(impostor, impostor.entry(), soon()) == "port N: sends our own challenge: it is an impostor");
  CHECK(impostor.logins().empty());
  waits.join();
  // Later, it may be the node's own by chance.
  CHECK(error_of(impostor, impostor.entry(), soon()) == "none");
}

TEST_CASE("a program can be started with the login") {
  FakeNode node;
  node.answer({Atom{"answer"}});
  const auto rpc = connect(node.entry(), soon(), {}, &first);
  REQUIRE(rpc);
  CHECK(rpc->receive(soon()) == Term(Atom{"answer"}));
  REQUIRE(node.calls().size() == 1);
  CHECK(is_call_of(node.calls().front(), first.program));
  CHECK(node.calls().front().argument == first.argument);
  // Another program can follow.
  CHECK_THROWS_WITH(rpc->receive(soon()), "first: ended without an answer");
  rpc->start(first.program, list());
  CHECK(rpc->receive(soon()) == Term(Atom{"answer"}));
}

TEST_CASE("the error of a failed login is the same with and without a program to start") {
  const FakeNode node;
  NodeEntry entry = node.entry();
  entry.cookie = Cookie("GUESSED");
  CHECK(error_of(node, entry, soon(), &first) == "port N: cookie refused");
  CHECK(node.calls().empty());
  const FakeNode impostor({.fault = Fault::wrong_proof});
  CHECK(error_of(impostor, impostor.entry(), soon(), &first) ==
        "port N: the node does not know the cookie itself: it is an impostor, or broken");
}

TEST_CASE("an abandoned connection is closed") {
  const FakeNode node;
  auto rpc = connect(node.entry(), soon());
  rpc.reset();
  const Deadline until = soon();
  while (node.open_connections() > 0 && left_until(until).count() > 0)
    std::this_thread::sleep_for(milliseconds(2));
  CHECK(node.open_connections() == 0);
}

namespace {

/// Two nodes that are registered with the epmd of the first.
struct Neighbours {
  explicit Neighbours(Fault of_first = Fault::none, Fault of_second = Fault::none)
      : second({.name = "second@localhost", .fault = of_second}),
        first({.name = "first@localhost", .fault = of_first, .others = {{"second", second.port()}}}),
        entries{first.entry(), second.entry()} {
    entries.back().epmd_port = first.epmd_port();
  }
  FakeNode second, first;
  std::vector<NodeEntry> entries;
};

using Questions = std::vector<std::string>;

}  // namespace

TEST_CASE("several nodes of one epmd are looked up with one request") {
  const Neighbours nodes;
  const KnownPorts known = ask_for_ports(nodes.entries, soon());
  CHECK(known == KnownPorts{{{nodes.first.epmd_port(), "first"}, nodes.first.port()},
                            {{nodes.first.epmd_port(), "second"}, nodes.second.port()}});
  for (const NodeEntry& entry : nodes.entries)
    CHECK(connect(entry, soon(), known));
  CHECK(nodes.first.questions() == Questions{""});
}

TEST_CASE("an epmd with only one node to look up is not asked for all names") {
  const Neighbours nodes;
  CHECK(ask_for_ports({nodes.first.entry(), nodes.second.entry()}, soon()).empty());
  std::vector<NodeEntry> entries = nodes.entries;
  entries.back().port = nodes.second.port();
  CHECK(ask_for_ports(entries, soon()).empty());
  CHECK(nodes.first.questions().empty());
}

TEST_CASE("an epmd that does not list its names is asked for each name") {
  const Fault fault = GENERATE(Fault::names_garbage, Fault::names_silent, Fault::names_outdated);
  const Neighbours nodes(fault);
  const KnownPorts known = ask_for_ports(nodes.entries, soon());
  CHECK(known.size() == (fault == Fault::names_outdated ? 2 : 0));
  CHECK(connect(nodes.entries.front(), soon(), known));
  CHECK(nodes.first.questions() == Questions{"", "first"});
}

TEST_CASE("a node that is not listed is looked up by name") {
  const Neighbours nodes(Fault::unregistered);
  const KnownPorts known = ask_for_ports(nodes.entries, soon());
  CHECK(known.size() == 1);
  CHECK(connect(nodes.entries.front(), soon(), known) == nullptr);
  CHECK(nodes.first.questions() == Questions{"", "first"});
}

TEST_CASE("the error at a listed port is the same as at a port that was looked up, after one connection") {
  const Fault fault =
      GENERATE(Fault::port_closed, Fault::garbage, Fault::closes_at_once, Fault::closes_in_handshake,
               Fault::old_challenge, Fault::not_allowed, Fault::wrong_proof, Fault::silent);
  const Neighbours nodes(fault);
  const KnownPorts known = ask_for_ports(nodes.entries, soon());
  REQUIRE(known.size() == 2);
  const auto message = [&](const KnownPorts& ports) -> std::string {
    try {
      (void)connect(nodes.entries.front(), after(milliseconds(fault == Fault::silent ? 300 : 60000)), ports);
      return "none";
    } catch (const Error& error) {
      return error.what();
    }
  };
  const std::string failure = message(known);
  CHECK(nodes.first.connections() == (fault == Fault::port_closed ? 0 : 1));
  CHECK(failure != "none");
  CHECK(failure == message({}));
}

TEST_CASE("if a node fails at a listed port, epmd is asked whether it is too old or has another port") {
  const FakeNode old({.fault = Fault::registered_before_otp_23}), good,
      other({.fault = Fault::closes_at_once});
  const auto moved = [&](const FakeNode& node) {
    return KnownPorts{{{node.epmd_port(), node.entry().name.alive}, other.port()}};
  };
  CHECK_THROWS_WITH(connect(old.entry(), soon(), moved(old)),
                    "port " + std::to_string(old.port()) + ": the node is older than OTP 23");
  CHECK(connect(good.entry(), soon(), moved(good)));
}
