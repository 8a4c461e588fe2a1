// SPDX-License-Identifier: BSD-3-Clause
#include <filesystem>
#include <thread>

#include "catch.hpp"
#include "lab.hpp"

// Tests that programs find a node as long as it is registered by erlrc-node.

using namespace erlrc;
using namespace erlrc::test;

namespace {

/// A node that is not registered, and the application zoo.
struct Unregistered {
  Lab lab{LiveNodeOptions{}};
  std::string name = lab.node().alive();
  std::string epmd_port = std::to_string(lab.node().entry().epmd_port.value());
  std::string cookie_file = lab.node().home() / ".erlang.cookie";

  Unregistered() {
    lab.add(servers("zoo", "1.0.0", {"zoo_a"}));
    std::filesystem::remove(lab.dir() / ("nodes/" + name));
  }
};

}  // namespace

TEST_CASE("a node is found from its registration until it is unregistered") {
  Unregistered with;
  Lab& lab = with.lab;
  CHECK(lab.start("zoo", "1.0.0") == Ran{0, "", ""});
  const auto enter = [&] {
    return lab.run(node_main,
                   {"register", "--cookie-file", with.cookie_file, "--epmd-port", with.epmd_port, with.name});
  };
  CHECK(enter() ==
        Ran{0, "erlrc-node: (NODE) registered with start = all: the node runs no applications of its own\n",
            ""});
  CHECK(lab.start("zoo", "1.0.0") == Ran{0, "erlrc-start: Starting 'zoo': (NODE) started\n", ""});
  CHECK(enter() == Ran{0, "erlrc-node: (NODE) registered with start = running: the node runs zoo\n", ""});
  CHECK(lab.run(node_main, {"unregister", with.name}) == Ran{0, "erlrc-node: (NODE) unregistered\n", ""});
  CHECK(lab.stop("zoo", "1.0.0") == Ran{0, "", ""});
  CHECK(lab.ask("whereis(zoo_a) =/= undefined.") == "true");
}

TEST_CASE("a copied cookie works like the file") {
  Unregistered with;
  CHECK(with.lab
            .run(node_main,
                 {"register", "--copy-cookie", with.cookie_file, "--epmd-port", with.epmd_port, with.name})
            .exit == 0);
  CHECK(with.lab.start("zoo", "1.0.0").out == "erlrc-start: Starting 'zoo': (NODE) started\n");
}

TEST_CASE("a reader sees an entry that is rewritten and removed repeatedly completely or not at all") {
  Unregistered with;
  const std::vector<std::string> add{"register",       "--start",     "all",          "--copy-cookie",
                                     with.cookie_file, "--epmd-port", with.epmd_port, with.name};
  std::jthread writer([&](const std::stop_token& stop) {
    Streams ignored;
    while (!stop.stop_requested()) {
      node_main(add, ignored);
      node_main(std::vector<std::string>{"unregister", with.name}, ignored);
    }
  });
  bool absent = false, present = false;
  for (int i = 0; i < 5000 || ((!absent || !present) && i < 500000); ++i) {
    const Registry registry = load_registry(with.lab.dir().path());
    CHECK(registry.bad.empty());
    (registry.nodes.empty() ? absent : present) = true;
    for (const NodeEntry& node : registry.nodes)
      CHECK(node.name.alive == with.name);
  }
  CHECK(absent);
  CHECK(present);
}
