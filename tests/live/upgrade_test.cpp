// SPDX-License-Identifier: BSD-3-Clause
#include "catch.hpp"
#include "outcomes.hpp"
#include "zoo.hpp"

// Tests the outcome of upgrade and downgrade for each state of a node.

using namespace erlrc;
using namespace erlrc::test;

TEST_CASE("upgrade and downgrade: the running version is replaced, and processes keep their state") {
  Lab lab;
  lab.add(small_zoo("1.0.0"));
  lab.add(small_zoo("2.0.0"));
  lab.start("zoo", "1.0.0");
  const std::string pids = lab.ask(
      "[gen_server:call(S, vsn) || S <- [zoo_a, zoo_b]], lab:mark(), [whereis(N) || N <- [zoo_sup, zoo_a, "
      "zoo_b]].");
  CHECK(lab.upgrade("zoo", "1.0.0", "2.0.0") == upgraded("'zoo': (NODE) upgraded"));
  CHECK(lab.condition("zoo") == "new");
  CHECK(lab.ask("[whereis(N) || N <- [zoo_sup, zoo_a, zoo_b]].") == pids);
  CHECK(lab.ask("[lists:sort(maps:to_list(sys:get_state(S))) || S <- [zoo_a, zoo_b]].") ==
        R"([[{calls,1},{vsn,"2.0.0"}],[{calls,1},{vsn,"2.0.0"}]])");
  CHECK(lab.upgrade("zoo", "1.0.0", "2.0.0") == upgraded("'zoo': (NODE) already_running"));
  CHECK(lab.condition("zoo") == "new");

  CHECK(lab.downgrade("zoo", "1.0.0", "2.0.0") == downgraded("'zoo': (NODE) downgraded"));
  CHECK(lab.ask("lab:diff().") == "[]");
  CHECK(lab.downgrade("zoo", "1.0.0", "2.0.0") == downgraded("'zoo': (NODE) already_running"));
  CHECK(lab.ask("lab:diff().") == "[]");
}

TEST_CASE("upgrade: only changed modules are replaced") {
  Lab lab;
  lab.add(small_zoo("1.0.0"));
  lab.add(small_zoo("2.0.0"));
  lab.start("zoo", "1.0.0");
  CHECK(lab.upgrade("zoo", "1.0.0", "2.0.0").exit == 0);
  CHECK(lab.ask(
            "true = lab:await_idle(), {erlang:check_old_code(zoo_same), erlang:module_loaded(zoo_gone)}.") ==
        "{false,false}");
}

TEST_CASE("upgrade: a third version is refused") {
  Lab lab;
  lab.add(small_zoo("1.0.0"));
  lab.add(small_zoo("2.0.0"));
  lab.add(small_zoo("3.0.0"));
  lab.start("zoo", "3.0.0");
  lab.ask("lab:mark().");
  CHECK(lab.upgrade("zoo", "1.0.0", "2.0.0") ==
        failed("erlrc-upgrade: NODE: refused: version 3.0.0 of zoo runs, not 1.0.0 or 2.0.0"));
  CHECK(lab.downgrade("zoo", "1.0.0", "2.0.0") ==
        failed("erlrc-downgrade: NODE: refused: version 3.0.0 of zoo runs, not 2.0.0 or 1.0.0"));
  CHECK(lab.ask("lab:diff().") == "[]");
}

TEST_CASE(
    "upgrade: if neither version runs and the old one is on disk, it is replaced and the new one started") {
  Lab lab;
  lab.add(small_zoo("1.0.0"));
  lab.add(small_zoo("2.0.0"));
  lab.start("zoo", "1.0.0");
  lab.stop("zoo", "1.0.0", {"--no-unload"});
  CHECK(lab.upgrade("zoo", "1.0.0", "2.0.0") == upgraded("'zoo': (NODE) upgraded"));
  CHECK(lab.condition("zoo") == "new");
  CHECK(lab.upgrade("zoo", "1.0.0", "2.0.0") == upgraded("'zoo': (NODE) already_running"));
  lab.stop("zoo", "2.0.0", {"--no-unload"});
  CHECK(lab.downgrade("zoo", "1.0.0", "2.0.0") == downgraded("'zoo': (NODE) downgraded"));
  CHECK(lab.condition("zoo") == "old");
  lab.stop("zoo", "1.0.0");
  CHECK(lab.upgrade("zoo", "1.0.0", "2.0.0") == upgraded("'zoo': (NODE) upgraded"));
  CHECK(lab.condition("zoo") == "new");
}

TEST_CASE("upgrade: if neither version runs and the old one was never installed, the new one is started") {
  Lab lab;
  lab.add(small_zoo("2.0.0"));
  CHECK(lab.upgrade("zoo", "1.0.0", "2.0.0") == upgraded("'zoo': (NODE) started"));
  CHECK(lab.ask("gen_server:call(zoo_a, vsn).") == R"({"2.0.0","2.0.0"})");

  Lab again;
  again.add(small_zoo("1.0.0"));
  CHECK(again.downgrade("zoo", "1.0.0", "2.0.0") == downgraded("'zoo': (NODE) started"));
  CHECK(again.ask("gen_server:call(zoo_a, vsn).") == R"({"1.0.0","1.0.0"})");
}

TEST_CASE("upgrade: the same version can be installed again from a rebuilt package") {
  Lab lab;
  LabRelease release = small_zoo("1.0.0");
  lab.add(release);
  lab.start("zoo", "1.0.0");
  lab.ask("gen_server:call(zoo_a, vsn).");
  CHECK(lab.upgrade("zoo", "1.0.0", "1.0.0") == upgraded("'zoo': (NODE) already_running"));

  const std::filesystem::path kept = lab.dir() / "kept";
  std::filesystem::rename(lab.at("zoo", "1.0.0"), kept);
  for (LabModule& module : release.modules)
    if (module.name == "zoo_lib") module.kind = "same";
  lab.add(release);
  CHECK(lab.run(upgrade_main, {"zoo", "1.0.0", "1.0.0", kept.string(), lab.at("zoo", "1.0.0")}) ==
        upgraded("'zoo': (NODE) upgraded"));
  CHECK(lab.ask("{zoo_lib:same(), sys:get_state(zoo_a) =:= #{vsn => \"1.0.0\", calls => 1}}.") ==
        "{same,true}");
  CHECK(lab.upgrade("zoo", "1.0.0", "1.0.0") == upgraded("'zoo': (NODE) already_running"));
  CHECK(lab.run(downgrade_main, {"zoo", "1.0.0", "1.0.0", kept.string(), lab.at("zoo", "1.0.0")}) ==
        downgraded("'zoo': (NODE) downgraded"));
  CHECK(lab.ask("erlang:function_exported(zoo_lib, same, 0).") == "false");
}
