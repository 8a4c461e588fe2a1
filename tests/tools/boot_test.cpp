// SPDX-License-Identifier: BSD-3-Clause
#include "catch.hpp"

#include "host.hpp"

// Calls that erlrc-boot refuses. Its other tests need real nodes: tests/live/boot_test.cpp and
// foreground_test.cpp.

using namespace erlrc;
using namespace erlrc::test;

TEST_CASE("contradictory arguments of erlrc-boot are refused") {
  using Row = std::pair<std::vector<std::string>, std::string>;
  const std::vector<Row> rows{
      {{}, "NAME is required"},
      {{"--graph"}, "NAME is required"},
      {{"--plan", "n1"}, "--plan cannot be combined with other options"},
      {{"--plan", "--graph"}, "--plan cannot be combined with other options"},
      {{"--output", "x.svg", "n1"}, "--output is for --graph only"},
      {{"--graph", "--output", "x.gif", "n1"},
       "--output: 'x.gif': expected a name that ends in .dot, .svg or .png"},
  };
  for (const auto& [args, error] : rows)
    CHECK(Host().run(boot_main, args) == Ran{2, "", "erlrc-boot: " + error + "\n"});
}

TEST_CASE("an invalid node name is refused before anything is started") {
  const Ran ran = Host().run(boot_main, {"no such name"});
  CHECK(ran.exit != 0);
  CHECK(ran.err.substr(0, 12) == "erlrc-boot: ");
}

TEST_CASE("a node is not started if others can read its cookie") {
  const Host host;
  host.dir().write("nodes/open", "secret", 0644);
  const Ran ran = host.run(boot_main, {"open"});
  CHECK(ran.exit == 1);
  CHECK(ran.err.find("readable by others") != std::string::npos);
}
