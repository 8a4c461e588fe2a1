// SPDX-License-Identifier: BSD-3-Clause
#include "catch.hpp"
#include "fir.hpp"

// Tests that new children run before those who call them.

using namespace erlrc;
using namespace erlrc::test;

namespace {

/// With these children, among them the server fir_a.
LabRelease caller(const std::string& vsn, const std::vector<std::string>& children, const LabModule& a,
                  const std::string& failing = "[]") {
  LabRelease made{
      "fir", vsn, {{"fir_app", "app"}, {"fir_sup", "tree", child_specs(children) + " ++ " + failing}, a}};
  for (const std::string& name : children)
    if (name != a.name) made.modules.push_back({name, "server"});
  return made;
}

}  // namespace

TEST_CASE("early children: a server that calls a new one at once finds it, converted or not") {
  const std::string kind = GENERATE("caller", "quiet_caller");
  CAPTURE(kind);
  Lab lab;
  lab.add(caller("1.0.0", {"fir_a"}, {"fir_a", kind, "[]"}));
  lab.add(caller("2.0.0", {"fir_new", "fir_a"}, {"fir_a", kind, "[fir_new]"}));
  start_fir(lab);
  const std::string before = lab.ask("whereis(fir_a).");
  for (int i = 0; i < 5; ++i) {
    CHECK(lab.upgrade("fir", "1.0.0", "2.0.0").exit == 0);
    CHECK(lab.ask("sys:get_state(fir_new), whereis(fir_a).") == before);
    CHECK(lab.downgrade("fir", "1.0.0", "2.0.0").exit == 0);
    CHECK(lab.ask("whereis(fir_a).") == before);
  }
}

TEST_CASE("early children: one that calls a suspended server in its init/1 starts when that is resumed") {
  Lab lab;
  lab.add(caller("1.0.0", {"fir_a"}, {"fir_a", "server"}));
  LabRelease two = caller("2.0.0", {"fir_a", "fir_new", "fir_b"}, {"fir_a", "server"});
  two.modules[3] = {"fir_new", "asking_server", "fir_a"};
  lab.add(two);
  start_fir(lab);
  CHECK(lab.upgrade("fir", "1.0.0", "2.0.0") ==
        Ran{0, "erlrc-upgrade: Upgrading 'fir': (NODE) upgraded\n", ""});
  CHECK(lab.ask("sys:get_state(fir_new).") == R"({"2.0.0","2.0.0"})");
  CHECK(trees(lab, "[fir_sup]") == "[{fir_sup,[{fir_a,running},{fir_new,running},{fir_b,running}]}]");
}

TEST_CASE("early children: those that had started are gone after a rollback") {
  Lab lab;
  lab.add(caller("1.0.0", {"fir_a"}, {"fir_a", "caller", "[]"}));
  lab.add(caller("2.0.0", {"fir_a", "fir_new"}, {"fir_a", "caller", "[fir_new]"},
                 "[{fir_d, {lab, act, [start, fir_d]}, permanent, 2000, worker, []}]"));
  start_fir(lab);
  const std::string before = lab.ask("lab:on({start, fir_d}, {answer, {error, no}}), whereis(fir_a).");
  CHECK(lab.upgrade("fir", "1.0.0", "2.0.0").exit == 1);
  CHECK(lab.condition("fir") == "old");
  CHECK(lab.ask("{whereis(fir_new), whereis(fir_a)}.") == "{undefined," + before + "}");
  CHECK(trees(lab, "[fir_sup]") == "[{fir_sup,[{fir_a,running}]}]");
}

TEST_CASE("early children: one takes the name of another that goes, before it is called by that") {
  Lab lab;
  LabRelease one = caller("1.0.0", {"fir_old", "fir_a"}, {"fir_a", "caller", "[]"});
  one.modules.back() = {"fir_old", "named", "fir_name"};
  LabRelease two = caller("2.0.0", {"fir_new", "fir_a"}, {"fir_a", "caller", "[fir_name]"});
  two.modules.back() = {"fir_new", "named", "fir_name"};
  lab.add(one);
  lab.add(two);
  start_fir(lab);
  const std::string before = lab.ask("whereis(fir_a).");
  for (int i = 0; i < 5; ++i) {
    CHECK(lab.upgrade("fir", "1.0.0", "2.0.0").exit == 0);
    CHECK(lab.ask("{_, _} = gen_server:call(fir_name, vsn), whereis(fir_a).") == before);
    CHECK(trees(lab, "[fir_sup]") == "[{fir_sup,[{fir_new,running},{fir_a,running}]}]");
    CHECK(lab.downgrade("fir", "1.0.0", "2.0.0").exit == 0);
    CHECK(lab.ask("whereis(fir_a).") == before);
  }
}

TEST_CASE("a child that goes has its code until it is stopped") {
  Lab lab;
  lab.add(caller("1.0.0", {"fir_old", "fir_a"}, {"fir_a", "server"}));
  lab.add(caller("2.0.0", {"fir_a"}, {"fir_a", "server"}));
  start_fir(lab);
  lab.ask(
      "spawn(fun Call() -> case catch gen_server:call(fir_old, vsn) of"
      " {'EXIT', {{undef, _}, _}} -> persistent_term:put(fir_undef, true); _ -> ok end, Call() end).");
  for (int i = 0; i < 5; ++i) {
    CHECK(lab.upgrade("fir", "1.0.0", "2.0.0").exit == 0);
    CHECK(lab.downgrade("fir", "1.0.0", "2.0.0").exit == 0);
  }
  CHECK(lab.ask("persistent_term:get(fir_undef, false).") == "false");
}

TEST_CASE("new children that end the application at once end the upgrade") {
  Lab lab;
  lab.add(caller("1.0.0", {"fir_a"}, {"fir_a", "server"}));
  LabRelease two = caller("2.0.0", {"fir_a", "fir_new"}, {"fir_a", "server"});
  two.modules.back() = {"fir_new", "mayfly"};
  lab.add(two);
  start_fir(lab);
  const Ran ran = lab.upgrade("fir", "1.0.0", "2.0.0");
  INFO(ran);
  CHECK(ran.exit == 1);
  CHECK(ran.err.find("fir: runs no longer") != std::string::npos);
  CHECK(lab.condition("fir") == "old");
  CHECK(trees(lab, "[fir_sup]") == "[{fir_sup,[{fir_a,running}]}]");
}
