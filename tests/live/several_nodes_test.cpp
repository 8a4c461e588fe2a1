// SPDX-License-Identifier: BSD-3-Clause
#include "catch.hpp"
#include "outcomes.hpp"
#include "zoo.hpp"

// Tests changes on several nodes: those that are down, and those of which one fails.

using namespace erlrc;
using namespace erlrc::test;

TEST_CASE("a node that is down is not a failure") {
  Lab lab;
  lab.add(small_zoo("1.0.0"));
  lab.add(small_zoo("2.0.0"));
  lab.add_node().kill();
  CHECK(lab.start("zoo", "1.0.0") ==
        Ran{0,
            "erlrc-start: Starting 'zoo': (NODE) started\nerlrc-start: Starting 'zoo': (NODE2) node_down\n",
            ""});
  CHECK(
      lab.upgrade("zoo", "1.0.0", "2.0.0").out ==
      "erlrc-upgrade: Upgrading 'zoo': (NODE) upgraded\nerlrc-upgrade: Upgrading 'zoo': (NODE2) node_down\n");
  CHECK(lab.downgrade("zoo", "1.0.0", "2.0.0").exit == 0);
  CHECK(lab.stop("zoo", "1.0.0") ==
        Ran{0, "erlrc-stop: Stopping 'zoo': (NODE) unloaded\nerlrc-stop: Stopping 'zoo': (NODE2) node_down\n",
            ""});
}

TEST_CASE("several nodes: all change, each has its line") {
  Lab lab;
  lab.add(small_zoo("1.0.0"));
  lab.add(small_zoo("2.0.0"));
  lab.add_node();
  CHECK(lab.start("zoo", "1.0.0") ==
        Ran{0, "erlrc-start: Starting 'zoo': (NODE) started\nerlrc-start: Starting 'zoo': (NODE2) started\n",
            ""});
  CHECK(lab.upgrade("zoo", "1.0.0", "2.0.0") ==
        Ran{0,
            "erlrc-upgrade: Upgrading 'zoo': (NODE) upgraded\nerlrc-upgrade: Upgrading 'zoo': (NODE2) "
            "upgraded\n",
            ""});
  CHECK(lab.ask("{gen_server:call(zoo_a, vsn), lab:await_idle()}.", 0) == R"({{"2.0.0","2.0.0"},true})");
  CHECK(lab.ask("{gen_server:call(zoo_a, vsn), lab:await_idle()}.", 1) == R"({{"2.0.0","2.0.0"},true})");
}

TEST_CASE("several nodes: if one fails, the others are rolled back") {
  Lab lab;
  lab.add(small_zoo("1.0.0"));
  lab.add(small_zoo("2.0.0"));
  lab.add_node();
  lab.start("zoo", "1.0.0");
  lab.ask("lab:mark().", 0);
  lab.ask("lab:mark(), lab:on({code_change, zoo_b}, crash).", 1);
  const Ran ran = lab.upgrade("zoo", "1.0.0", "2.0.0");
  INFO(ran);
  CHECK(ran.exit == 1);
  CHECK(ran.out == "");
  CHECK(
      ran.err.starts_with("erlrc-upgrade: NODE: rolled_back: node NODE2 failed\n"
                          "  remark: zoo_app:version_change/2 was called, and nothing undoes what it did\n"
                          "erlrc-upgrade: NODE2: rolled_back: "));
  CHECK(lab.ask("lab:diff().", 0) == "[]");
  CHECK(lab.ask("lab:diff().", 1) == "[]");
}
