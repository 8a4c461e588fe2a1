// SPDX-License-Identifier: BSD-3-Clause
#include <unistd.h>

#include <erlrc/base/error.hpp>
#include <erlrc/node/check.hpp>
#include <erlrc/node/connect.hpp>
#include <erlrc/site/discover.hpp>
#include <erlrc/term/etf.hpp>
#include <erlrc/term/text.hpp>

#include "catch.hpp"
#include "live_node.hpp"

// Nodes that are not where most are: in another network namespace, on an address of their own, with a
// protocol of their own.

using namespace erlrc;
using namespace erlrc::test;

namespace {

Deadline soon() {
  return after(milliseconds(60000));
}

std::string result_of(const NodeEntry& entry) {
  try {
    const auto rpc = connect(entry, soon());
    return rpc ? rpc->node() : "down";
  } catch (const Error& error) {
    return error.what();
  }
}

/// Runs erl with a network of its own, which has only loopback.
const std::vector<std::string> in_own_network{
    "unshare", "--net", "sh", "-c", "ip link set lo up && exec \"$@\"", "sh"};

std::string name_of(const LiveNode& node, const std::vector<RunningNode>& all) {
  for (const RunningNode& one : all)
    if (one.pid == node.pid()) return one.name.alive;
  return "none";
}

}  // namespace

TEST_CASE("a node in another network namespace is called if its entry names that, with and without epmd") {
  const std::uint16_t epmd_port = free_port(), port = free_port();
  const LiveNode node(epmd_port, {.arguments = {"-kernel", "inet_dist_listen_min", std::to_string(port),
                                                "inet_dist_listen_max", std::to_string(port)},
                                  .before = in_own_network});
  NodeEntry entry = node.entry();
  CHECK(result_of(entry) == "down");  // it is not of our network
  entry.network = "/proc/" + std::to_string(node.pid()) + "/ns/net";
  CHECK(result_of(entry).starts_with(node.alive() + "@"));
  entry.port = port;
  CHECK(result_of(entry).starts_with(node.alive() + "@"));
  const auto steps = check_node(entry, soon());
  CHECK(steps.front() == CheckStep{"network", true, *entry.network + ": entered"});
  CHECK(steps.back().name == "question");
  CHECK(steps.back().works);
  // Calls of nodes in our own network are not disturbed.
  const LiveEpmd epmd;
  const LiveNode other(epmd);
  CHECK(result_of(other.entry()).starts_with(other.alive() + "@"));
  entry.network = "no_such_network";
  CHECK(result_of(entry) == "down");
  CHECK(check_node(entry, soon()).back().text == "/run/netns/no_such_network: no such network namespace");
}

TEST_CASE("the running nodes are found, with what an entry would need") {
  const LiveEpmd epmd;
  const LiveNode plain(epmd);
  const LiveNode far(free_port(), {.before = in_own_network});
  const auto all = find_running_nodes({});
  CHECK(name_of(plain, all) == plain.alive());
  CHECK(name_of(far, all) == far.alive());
  for (const RunningNode& node : all) {
    const auto command = advice_for(node).command;
    if (node.pid == plain.pid())
      CHECK(command == std::vector<std::string>{"erlrc-node", "register", "--cookie-file",
                                                (plain.home() / ".erlang.cookie").string(), "--epmd-port",
                                                std::to_string(epmd.port()), plain.alive()});
    if (node.pid == far.pid()) CHECK(node.network == "/proc/" + std::to_string(far.pid()) + "/ns/net");
    // Other nodes of the machine may be starting.
    if (node.pid == plain.pid() || node.pid == far.pid()) CHECK_FALSE(node.listens.empty());
  }
}

TEST_CASE("two nodes on the same port of two addresses are distinguished by the address of the entry") {
  const std::string port = std::to_string(free_port());
  const std::vector<std::string> arguments{"-start_epmd", "false", "-erl_epmd_port", port};
  const LiveNode first(free_port(), {.interface = "{127,0,0,1}", .arguments = arguments});
  const LiveNode second(free_port(), {.interface = "{127,0,1,1}", .arguments = arguments});
  NodeEntry entry = second.entry();
  entry.port = static_cast<std::uint16_t>(std::stoi(port));
  CHECK(result_of(entry).find("the node there is " + first.alive() + "@") != std::string::npos);
  entry.address = "127.0.1.1";
  CHECK(result_of(entry).starts_with(second.alive() + "@"));
  entry.address = "127.0.1.2";
  CHECK(result_of(entry).find("nothing is listening there, but process") != std::string::npos);
}

TEST_CASE("a node on ::1 is called by that address") {
  const LiveEpmd epmd;
  const LiveNode node(epmd, {.ipv6 = true});
  NodeEntry entry = node.entry();
  entry.address = "::1";
  CHECK(result_of(entry).starts_with(node.alive() + "@"));
}

TEST_CASE("a node with a protocol of its own is an error that names it") {
  const TempDir dir;
  // Speaks Erlang's protocol, but expects another first byte than we send.
  const auto source = dir.write("own_dist.erl", R"(-module(own_dist).
-export([listen/2, address/0, accept/1, accept_connection/5, setup/5, close/1, select/1, is_node_name/1]).
listen(Name, Host) -> inet_tcp_dist:listen(Name, Host).
address() -> inet_tcp_dist:address().
accept(Listen) ->
    Kernel = self(),
    spawn_link(fun() -> refuse(Listen, Kernel) end).
refuse(Listen, Kernel) ->
    {ok, Socket} = gen_tcp:accept(Listen),
    gen_tcp:close(Socket),
    refuse(Listen, Kernel).
accept_connection(A, B, C, D, E) -> inet_tcp_dist:accept_connection(A, B, C, D, E).
setup(A, B, C, D, E) -> inet_tcp_dist:setup(A, B, C, D, E).
close(Listen) -> inet_tcp_dist:close(Listen).
select(Node) -> inet_tcp_dist:select(Node).
is_node_name(Node) -> inet_tcp_dist:is_node_name(Node).
)");
  Child compiler({"erlc", "-o", dir.path().string(), source.string()}, {}, dir / "log");
  REQUIRE(compiler.ends() == 0);
  const LiveEpmd epmd;
  const LiveNode node(epmd, {.arguments = {"-pa", dir.path().string(), "-proto_dist", "own"}});
  const std::string error = result_of(node.entry());
  CHECK(error.ends_with("; the node was started with -proto_dist 'own', which erlrc cannot speak"));
  const auto steps = check_node(node.entry(), soon());
  CHECK(steps.back().advice == "the node was started with -proto_dist 'own', which erlrc cannot speak");
}
