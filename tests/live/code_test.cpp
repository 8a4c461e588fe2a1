// SPDX-License-Identifier: BSD-3-Clause
#include "catch.hpp"
#include "lab.hpp"

// Which code is an application's.

using namespace erlrc;
using namespace erlrc::test;

TEST_CASE("code: an application that is called while it is removed stays away") {
  Lab lab;
  LabRelease release = servers("zoo", "1.0.0", {"zoo_a"});
  release.modules.push_back({"zoo_called", "plain"});
  lab.add(release);
  REQUIRE(lab.start("zoo", "1.0.0").exit == 0);
  lab.ask(
      "F = fun F() -> catch zoo_called:module_info(md5), F() end, persistent_term:put(caller, spawn(F)).");
  CHECK(lab.stop("zoo", "1.0.0").exit == 0);
  CHECK(lab.ask("erlang:module_loaded(zoo_called).") == "false");
  lab.ask("exit(persistent_term:get(caller), kill).");
}
