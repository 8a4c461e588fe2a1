// SPDX-License-Identifier: BSD-3-Clause
#include <erlrc/beam/beam.hpp>
#include <erlrc/sys/file.hpp>

#include "catch.hpp"
#include "fir.hpp"

// Tests which init/1 of supervisors an upgrade calls again to learn about their children, and what it does
// about the others.

using namespace erlrc;
using namespace erlrc::test;

namespace {

/// The result of reading a supervisor with this init/1, compiled by the release of the node.
SupervisorInit init_of(Lab& lab, const std::string& init) {
  lab.dir().write("some_sup.erl",
                  "-module(some_sup).\n-behaviour(supervisor).\n-export([init/1, other/0]).\n"
                  "other() -> ets:new(a, [named_table]), self() ! 1.\n" +
                      init);
  const std::string compiled = lab.ask("compile:file(\"" + (lab.dir() / "some_sup").string() +
                                       "\", [{outdir, \"" + lab.dir().path().string() + "\"}]).");
  REQUIRE(compiled == "{ok,some_sup}");
  return parse_beam(read_file(lab.dir() / "some_sup.beam"), "some_sup.beam").init.value();
}

}  // namespace

TEST_CASE("children: init/1 may be called again if it only computes and looks up") {
  Lab lab;
  const auto [init, read] = GENERATE(table<std::string, SupervisorInit>({
      {"init(N) -> {ok, {#{}, [child(I) || I <- lists:seq(1, N)]}}.\n"
       "child(I) -> #{id => I, start => {a, start_link, [application:get_env(a, I), self(), whereis(b)]}}.\n",
       {}},
      {"init(_) -> F = fun(X) -> persistent_term:put(X, X) end, lists:foreach(F, [a]), {ok, {#{}, []}}.\n",
       {{"persistent_term:put/2"}, {}, {}}},
      {"init(_) -> a(), {ok, {#{}, []}}.\na() -> b().\nb() -> x:y(), x:z(1), a().\n",
       {{"x:y/0", "x:z/1"}, {}, {}}},
      {"init(F) -> F(), {ok, {#{}, []}}.\n", {{"what is only known at run time"}, {}, {}}},
      {"init([M, F]) -> M:F(), {ok, {#{}, []}}.\n", {{"what is only known at run time"}, {}, {}}},
      {"init(P) -> P ! a, {ok, {#{}, []}}.\n", {{"messages"}, {}, {}}},
      {"init(_) -> receive _ -> {ok, {#{}, []}} after 10 -> ignore end.\n", {{"messages"}, {}, {}}},
      {"init(P) -> exit(P, kill), exit(x).\n", {{"erlang:exit/2"}, {}, {}}},
      {"init(_) -> ets:new(?MODULE, [named_table, public]), register(it, self()), {ok, {#{}, []}}.\n",
       {{"erlang:register/2", "ets:new/2"}, {Atom{"some_sup"}}, {Atom{"it"}}}},
      {"init(T) -> ets:new(T, [named_table]), {ok, {#{}, []}}.\n", {{"ets:new/2"}, {}, {}}},
      {"init(_) -> case ets:info(t) of undefined -> ets:new(t, [named_table]); _ -> ok end, {ok, {#{}, "
       "[]}}.\n",
       {{"ets:new/2"}, {}, {}}},
      {"init(_) -> catch ets:new(t, [named_table]), {ok, {#{}, []}}.\n", {{"ets:new/2"}, {}, {}}},
  }));
  CAPTURE(init);
  const SupervisorInit found = init_of(lab, init);
  CHECK(found.effects == read.effects);
  CHECK(found.tables == read.tables);
  CHECK(found.names == read.names);
}

TEST_CASE("children: a supervisor whose init/1 must not be called keeps removed ones, which is reported") {
  Lab lab;
  lab.add(fir("1.0.0", {"fir_a", "fir_b"}, {"fir_x"}, "sup"));
  LabRelease two = fir("2.0.0", {"fir_a", "fir_c"}, {"fir_x"}, "sup");
  two.modules.push_back({"fir_b", "server"});
  lab.add(two);
  start_fir(lab);
  const Ran ran = lab.upgrade("fir", "1.0.0", "2.0.0", {"--verbose"});
  CHECK(ran.exit == 0);
  CHECK(ran.out.find(
            "  note: children that fir_sup no longer has stay: its init/1 is not called twice, because of "
            "lab:act/2\n") != std::string::npos);
  CHECK(trees(lab, "[fir_sup]") ==
        "[{fir_sup,[{fir_a,running},{fir_c,running},{fir_low,running},{fir_b,running}]}]");
  // One call by the supervisor itself.
  CHECK(lab.ask("[C || {init, _, _} = C <- lab:calls()].") == R"([{init,fir_sup,"2.0.0"}])");
}

TEST_CASE("children: init/1 of a supervisor may ask a server of its application") {
  Lab lab;
  const std::string ask = "begin {_, _} = gen_server:call(fir_a, vsn), [] end";
  const bool by_module = GENERATE(false, true);
  CAPTURE(by_module);
  const auto release = [&](const std::string& vsn) {
    LabRelease made = fir(vsn, {"fir_a"}, {});
    made.modules[2] = {"fir_low", "tree", by_module ? "begin fir_door:init([]), [] end" : ask};
    made.modules.push_back({"fir_door", "tree", ask});
    return made;
  };
  lab.add(release("1.0.0"));
  lab.add(release("2.0.0"));
  start_fir(lab);
  CHECK(lab.upgrade("fir", "1.0.0", "2.0.0") ==
        Ran{0, "erlrc-upgrade: Upgrading 'fir': (NODE) upgraded\n", ""});
  CHECK(lab.ask("gen_server:call(fir_a, vsn).") == R"({"2.0.0","2.0.0"})");
  CHECK(lab.downgrade("fir", "1.0.0", "2.0.0").exit == 0);
  CHECK(lab.ask("gen_server:call(fir_a, vsn).") == R"({"1.0.0","1.0.0"})");
}

TEST_CASE("children: a supervisor whose init/1 is known to fail in another call is refused") {
  Lab lab;
  lab.add(fir("1.0.0", {"fir_a"}, {"fir_x"}, "owner"));
  lab.add(fir("2.0.0", {"fir_a", "fir_b"}, {"fir_x"}, "owner"));
  start_fir(lab);
  CHECK(lab.upgrade("fir", "1.0.0", "2.0.0") == Ran{1, "",
                                                    "erlrc-upgrade: NODE: refused: supervisor fir_sup cannot "
                                                    "be upgraded: its init/1 is called again, and "
                                                    "creates the table fir_sup_table, which exists\n"});
  CHECK(lab.ask("lab:diff().") == "[]");
  CHECK(lab.condition("fir") == "old");
}

TEST_CASE("children: a supervisor whose init/1 unexpectedly fails in another call is rolled back") {
  Lab lab;
  const std::string appup = GENERATE(std::string(), R"({"2.0.0", [{"1.0.0", [{update, fir_a, {advanced, []}},
    {update, fir_x, {advanced, []}}, {update, fir_low, supervisor}, {update, fir_sup, supervisor}]}], []}.)");
  INFO((appup.empty() ? "made appup" : "shipped appup"));
  lab.add(fir("1.0.0", {"fir_a"}, {"fir_x"}, "sup"));
  LabRelease two = fir("2.0.0", {"fir_a", "fir_b"}, {"fir_x", "fir_y"}, "sup");
  two.appup = appup;
  lab.add(two);
  lab.ask("lab:on({init, fir_sup}, {call, {ets, new, [fir_table, [named_table, public]]}}).");
  start_fir(lab);
  lab.ask("ets:insert(fir_table, {kept, 1}).");
  const Ran ran = lab.upgrade("fir", "1.0.0", "2.0.0");
  INFO(ran);
  CHECK(ran.exit == 1);
  CHECK(ran.err.starts_with("erlrc-upgrade: NODE: rolled_back: code_change failed: <0."));
  CHECK(ran.err.find(" fir_sup ") != std::string::npos);
  CHECK(lab.ask("lab:diff().") == "[]");
  CHECK(lab.ask("[ets:info(fir_table, owner) =:= whereis(fir_sup), ets:tab2list(fir_table)].") ==
        "[true,[{kept,1}]]");
  CHECK(lab.condition("fir") == "old");
}

TEST_CASE("children: a supervisor is upgraded if the appup removes the obstacle") {
  Lab lab;
  lab.add(fir("1.0.0", {"fir_a"}, {"fir_x"}, "owner"));
  LabRelease two = fir("2.0.0", {"fir_a", "fir_b"}, {"fir_x"}, "owner");
  two.appup = R"({"2.0.0", [{"1.0.0", [{add_module, fir_b}, {apply, {ets, delete, [fir_sup_table]}},
    {update, fir_sup, supervisor}, {load_module, fir_app}, {update, fir_low, supervisor},
    {update, fir_a, {advanced, []}}, {update, fir_x, {advanced, []}}]}], []}.)";
  lab.add(two);
  start_fir(lab);
  CHECK(lab.upgrade("fir", "1.0.0", "2.0.0").exit == 0);
  CHECK(trees(lab, "[fir_sup]") == "[{fir_sup,[{fir_a,running},{fir_b,running},{fir_low,running}]}]");
}

TEST_CASE("children: a supervisor whose old init/1 fails in a rollback is named") {
  Lab lab;
  LabRelease two = fir("2.0.0", {"fir_a", "fir_b"}, {}, "sup");
  two.appup =
      "{\"2.0.0\", [{\"1.0.0\", [{add_module, fir_b}, {update, fir_sup, supervisor},"
      " {apply, {lab, in_order, [[{lab, on, [{init, fir_sup}, crash]}, {gen_server, stop, [fir_a]},"
      " {supervisor, which_children, [fir_sup]}, {erlang, error, [late]}]]}}]}], []}.";
  lab.add(fir("1.0.0", {"fir_a"}, {}, "sup"));
  lab.add(two);
  start_fir(lab);
  const Ran ran = lab.upgrade("fir", "1.0.0", "2.0.0");
  INFO(ran);
  CHECK(ran.exit == 3);
  CHECK(ran.err.find(" fir_sup in sys:suspend_loop/6: init/1 of the old code failed: lab:do/2, lab.erl:") !=
        std::string::npos);
  CHECK(ran.err.find(": on_purpose\n") != std::string::npos);
}
