// SPDX-License-Identifier: BSD-3-Clause
#include <erlrc/site/discover.hpp>

#include "catch.hpp"

using namespace erlrc;

namespace {

using Words = std::vector<std::string>;

RunningNode node_of(const Words& arguments) {
  Words all{"/usr/lib/erlang/erts-13.1/bin/beam.smp", "--", "-root", "/usr/lib/erlang"};
  all.insert(all.end(), arguments.begin(), arguments.end());
  const auto node = running_node({4711, 1, all});
  REQUIRE(node);
  return *node;
}

}  // namespace

TEST_CASE("the arguments of an emulator show which node it is, and how it is reached") {
  CHECK_FALSE(running_node({1, 0, {"beam.smp", "-noshell"}}));
  CHECK_FALSE(running_node({1, 0, {"beam.smp", "-sname", "a/b"}}));
  CHECK_FALSE(running_node({1, 0, {"beam.smp", "-extra", "-sname", "n"}}));
  CHECK(node_of({"-sname", "n"}).name == NodeName{"n", std::nullopt});
  const RunningNode node = node_of({"-name", "n@h", "-setcookie", "SECRET", "-proto_dist", "inet_tls",
                                    "-start_epmd", "false", "-erl_epmd_port", "9000"});
  CHECK(node.name == NodeName{"n", "h"});
  CHECK(node.cookie_in_arguments);
  CHECK(node.protocol == "inet_tls");
  CHECK(node.without_epmd);
  CHECK(node.port == 9000);
}

TEST_CASE("what an entry needs becomes a command, and what it lacks a remark") {
  RunningNode node = node_of({"-sname", "n"});
  node.user = 0;
  node.cookie = "/root/.erlang.cookie";
  node.cookie_owner = 0;
  CHECK(advice_for(node) ==
        RegisterAdvice{{"erlrc-node", "register", "--cookie-file", "/root/.erlang.cookie", "n"}, ""});
  // The user of a process chooses its home.
  node.user = 4711;
  CHECK(advice_for(node) == RegisterAdvice{{"erlrc-node", "register", "--user", "4711", "n"},
                                           "'/root/.erlang.cookie' belongs to user root, so it is not its "
                                           "cookie; give the cookie on standard input"});
  node.cookie_owner = 4711;
  node.epmd_port = 4370;
  node.network = "box";
  node.protocol = "inet6_tls";
  CHECK(advice_for(node).command == Words{"erlrc-node", "register", "--cookie-file", "/root/.erlang.cookie",
                                          "--epmd-port", "4370", "--network", "box", "--tls", "n"});
  node.port = 9000;
  node.network.reset();
  CHECK(advice_for(node).command == Words{"erlrc-node", "register", "--cookie-file", "/root/.erlang.cookie",
                                          "--port", "9000", "--tls", "n"});
  node.protocol = "mine";
  CHECK(advice_for(node) ==
        RegisterAdvice{{}, "it was started with -proto_dist 'mine', which erlrc cannot speak"});
  node.protocol = "";
  node.port.reset();
  node.without_epmd = true;
  CHECK(advice_for(node).remark ==
        "it uses no epmd of this host: add --port, one of those on which it listens");
  node.cookie.reset();
  CHECK(advice_for(node).remark == "its cookie file was not found; give the cookie on standard input");
  node.cookie_in_arguments = true;
  CHECK(advice_for(node).remark ==
        "its cookie is in its arguments, where every user can read it; give it on standard input");
}
