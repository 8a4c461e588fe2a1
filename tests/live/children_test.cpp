// SPDX-License-Identifier: BSD-3-Clause
#include <erlrc/beam/beam.hpp>
#include <erlrc/sys/file.hpp>

#include "catch.hpp"
#include "lab.hpp"

// Tests that the children of a supervisor after an upgrade are those that the new version would start with,
// and those that were added at run time.

using namespace erlrc;
using namespace erlrc::test;

namespace {

using Names = std::vector<std::string>;

/// An application whose top supervisor, of that `kind`, has these servers and the supervisor fir_low, which
/// has those in `low`.
LabRelease fir(const std::string& vsn, const Names& top, const Names& low, const std::string& kind = "tree") {
  const std::string specs = child_specs(top);
  const std::string inner = child_specs({"fir_low"}, "supervisor");
  LabRelease made{
      "fir",
      vsn,
      {{"fir_app", "app"}, {"fir_sup", kind, specs + " ++ " + inner}, {"fir_low", "tree", child_specs(low)}}};
  for (const Names* names : {&top, &low})
    for (const std::string& name : *names)
      made.modules.push_back({name, "server"});
  return made;
}

/// {Supervisor, [{Id, state of the child}]} for each, in start order.
std::string trees(Lab& lab, const std::string& supervisors = "[fir_sup, fir_low]") {
  return lab.ask(
      "[{S, [{Id, case P of undefined -> none; _ -> lab:status(P) end} || {Id, P, _, _} <-"
      " lists:reverse(supervisor:which_children(S))]} || S <- " +
      supervisors + "].");
}

void start(Lab& lab) {
  REQUIRE(lab.start("fir", "1.0.0").exit == 0);
  lab.ask("lab:mark(), ets:delete_all_objects(lab_calls).");
}

/// Upgrades `fir` from `one`, which includes an application, to `two`, after which that does not start on its own.
Ran fail_late(Lab& lab, LabRelease one, const LabRelease& two) {
  one.keys = ", {included_applications, [sub]}";
  lab.add(one);
  lab.add(two);
  lab.add(servers("sub", "1.0.0", {"sub_a"}));
  lab.ask("code:add_patha(\"" + lab.at("sub", "1.0.0") + "/ebin\").");
  lab.want("sub");
  start(lab);
  lab.ask("sub_app:module_info(), lab:mark(), lab:on({start, sub}, crash).");
  return lab.upgrade("fir", "1.0.0", "2.0.0");
}

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

TEST_CASE("children: added ones are started and removed ones stopped, and vice versa in a downgrade") {
  Lab lab;
  lab.add(fir("1.0.0", {"fir_a", "fir_b", "fir_c"}, {"fir_x"}));
  lab.add(fir("2.0.0", {"fir_a", "fir_d", "fir_c"}, {"fir_y", "fir_x"}));
  start(lab);
  lab.ask("put(a, whereis(fir_a)), gen_server:call(fir_a, vsn).");
  const Ran ran = lab.upgrade("fir", "1.0.0", "2.0.0");
  CHECK(ran == Ran{0, "erlrc-upgrade: Upgrading 'fir': (NODE) upgraded\n", ""});
  CHECK(trees(lab) ==
        "[{fir_sup,[{fir_a,running},{fir_d,running},{fir_c,running},{fir_low,running}]},"
        "{fir_low,[{fir_y,running},{fir_x,running}]}]");
  CHECK(lab.condition("fir") == "new");
  CHECK(lab.ask("[whereis(fir_b), [erlang:module_loaded(fir_b)]].") == "[undefined,[false]]");

  CHECK(lab.downgrade("fir", "1.0.0", "2.0.0").exit == 0);
  CHECK(trees(lab) ==
        "[{fir_sup,[{fir_a,running},{fir_b,running},{fir_c,running},{fir_low,running}]},"
        "{fir_low,[{fir_x,running}]}]");
  CHECK(lab.condition("fir") == "old");
}

TEST_CASE("children: one may move to another supervisor, and a supervisor is removed with its children") {
  Lab lab;
  lab.add(fir("1.0.0", {"fir_a", "fir_b"}, {"fir_x"}));
  SECTION("up the tree") {
    lab.add(fir("2.0.0", {"fir_a", "fir_b", "fir_x"}, {}));
    start(lab);
    CHECK(
        lab.upgrade("fir", "1.0.0", "2.0.0") ==
        Ran{0,
            "erlrc-upgrade: Upgrading 'fir': (NODE) upgraded\n"
            "  remark: child fir_x of fir_low: moved to fir_sup: stopped and started again, and its state is "
            "lost\n",
            ""});
    CHECK(trees(lab) ==
          "[{fir_sup,[{fir_a,running},{fir_b,running},{fir_x,running},{fir_low,running}]},{fir_low,[]}]");
  }
  SECTION("down the tree") {
    lab.add(fir("2.0.0", {"fir_a"}, {"fir_x", "fir_b"}));
    start(lab);
    CHECK(lab.upgrade("fir", "1.0.0", "2.0.0").exit == 0);
    CHECK(trees(lab) ==
          "[{fir_sup,[{fir_a,running},{fir_low,running}]},{fir_low,[{fir_x,running},{fir_b,running}]}]");
  }
  SECTION("a whole subtree") {
    lab.add({"fir",
             "2.0.0",
             {{"fir_app", "app"},
              {"fir_sup", "tree", child_specs({"fir_a", "fir_b"})},
              {"fir_a", "server"},
              {"fir_b", "server"}}});
    start(lab);
    CHECK(lab.upgrade("fir", "1.0.0", "2.0.0") ==
          Ran{0, "erlrc-upgrade: Upgrading 'fir': (NODE) upgraded\n", ""});
    CHECK(trees(lab, "[fir_sup]") == "[{fir_sup,[{fir_a,running},{fir_b,running}]}]");
    CHECK(lab.ask("[whereis(fir_low), whereis(fir_x)].") == "[undefined,undefined]");
    CHECK(lab.downgrade("fir", "1.0.0", "2.0.0").exit == 0);
    CHECK(trees(lab) ==
          "[{fir_sup,[{fir_a,running},{fir_b,running},{fir_low,running}]},{fir_low,[{fir_x,running}]}]");
  }
  CHECK(lab.ask("lab:await_idle().") == "true");
}

TEST_CASE("children: a child added at run time stays, and a stopped one stays stopped") {
  Lab lab;
  lab.add(fir("1.0.0", {"fir_a", "fir_b", "fir_c"}, {"fir_x"}));
  lab.add(fir("2.0.0", {"fir_a", "fir_c"}, {"fir_x"}));
  start(lab);
  lab.ask(
      "{ok, _} = supervisor:start_child(fir_sup, {added, {gen_event, start_link, []}, permanent, 2000, "
      "worker, dynamic}),"
      " ok = supervisor:terminate_child(fir_sup, fir_c).");
  CHECK(lab.upgrade("fir", "1.0.0", "2.0.0").exit == 0);
  CHECK(trees(lab, "[fir_sup]") ==
        "[{fir_sup,[{fir_a,running},{fir_c,none},{fir_low,running},{added,running}]}]");
}

TEST_CASE("children: --children=keep does not change them") {
  Lab lab;
  lab.add(fir("1.0.0", {"fir_a", "fir_b"}, {"fir_x"}));
  lab.add(fir("2.0.0", {"fir_a", "fir_c", "fir_b"}, {}));
  start(lab);
  CHECK(lab.upgrade("fir", "1.0.0", "2.0.0", {"--children=keep"}).exit == 0);
  CHECK(trees(lab) ==
        "[{fir_sup,[{fir_a,running},{fir_c,none},{fir_b,running},{fir_low,running}]},{fir_low,[{fir_x,"
        "running}]}]");
  CHECK(lab.upgrade("fir", "1.0.0", "2.0.0", {"--children=some"}) ==
        Ran{2, "", "erlrc-upgrade: --children: 'some': expected change or keep\n"});
}

TEST_CASE("children: if a new one does not start, all is rolled back and removed ones run again") {
  Lab lab;
  lab.add(fir("1.0.0", {"fir_a", "fir_b", "fir_c"}, {"fir_x"}));
  lab.add({"fir",
           "2.0.0",
           {{"fir_app", "app"},
            {"fir_sup", "tree",
             "[{fir_d, {lab, act, [start, fir_d]}, permanent, 2000, worker, []} | " + child_specs({"fir_a"}) +
                 "] ++ " + child_specs({"fir_low"}, "supervisor")},
            {"fir_low", "tree", child_specs({"fir_y"})},
            {"fir_a", "server"},
            {"fir_y", "server"}}});
  start(lab);
  lab.ask(
      "[{_, _} = gen_server:call(fir_b, vsn) || _ <- [1, 2, 3]], lab:mark(),"
      " lab:on({start, fir_d}, {answer, {error, no}}).");
  const Ran ran = lab.upgrade("fir", "1.0.0", "2.0.0");
  CHECK(ran.exit == 1);
  CHECK(ran.err.starts_with("erlrc-upgrade: NODE: rolled_back: child fir_d of fir_sup: start: "));
  CHECK(ran.err.find("  remark: child fir_b was stopped, and started again with the state that it had\n") !=
        std::string::npos);
  CHECK(lab.ask("lab:diff_but_pids().") == "[]");
  CHECK(lab.condition("fir") == "old");
}

TEST_CASE("children: if a later step fails, new ones are stopped and removed ones run again") {
  Lab lab;
  LabRelease one = fir("1.0.0", {"fir_a", "fir_b"}, {"fir_x"});
  LabRelease two = fir("2.0.0", {"fir_c", "fir_a"}, {"fir_x", "fir_y"});
  SECTION("added and removed ones") {}
  SECTION("only added ones") {
    two = fir("2.0.0", {"fir_c", "fir_a", "fir_b"}, {"fir_x", "fir_y"});
  }
  SECTION("only removed ones") {
    two = fir("2.0.0", {"fir_a"}, {});
  }
  SECTION("added ones, in a supervisor whose init/1 must not be called") {
    one = fir("1.0.0", {"fir_a", "fir_b"}, {"fir_x"}, "sup");
    two = fir("2.0.0", {"fir_c", "fir_a", "fir_b"}, {"fir_x", "fir_y"}, "sup");
  }
  const Ran ran = fail_late(lab, one, two);
  INFO(ran);
  CHECK(ran.exit == 1);
  CHECK(ran.err.starts_with("erlrc-upgrade: NODE: rolled_back: sub: start: "));
  CHECK(lab.ask("lab:diff_but_pids().") == "[]");
  CHECK(lab.condition("fir") == "old");
}

TEST_CASE("children: what was known below a supervisor that is gone is lost in a rollback, which is named") {
  Lab lab;
  LabRelease one = fir("1.0.0", {"fir_a"}, {"fir_x"});
  LabRelease two{
      "fir", "2.0.0", {{"fir_app", "app"}, {"fir_sup", "tree", child_specs({"fir_a"})}, {"fir_a", "server"}}};
  const Ran ran = fail_late(lab, one, two);
  INFO(ran);
  CHECK(ran.exit == 3);
  CHECK(ran.err.find(
            "  left: child fir_low of fir_sup: was stopped and started afresh; its state, and that of its "
            "children, is not put back\n") != std::string::npos);
  CHECK(lab.condition("fir") == "old");
}

TEST_CASE("children: one that moves below a supervisor that is new loses its state, which is reported") {
  Lab lab;
  lab.add({"fir",
           "1.0.0",
           {{"fir_app", "app"},
            {"fir_sup", "tree", child_specs({"fir_a", "fir_x"})},
            {"fir_a", "server"},
            {"fir_x", "server"}}});
  lab.add(fir("2.0.0", {"fir_a"}, {"fir_x"}));
  start(lab);
  CHECK(lab.upgrade("fir", "1.0.0", "2.0.0") ==
        Ran{0,
            "erlrc-upgrade: Upgrading 'fir': (NODE) upgraded\n"
            "  remark: child fir_x of fir_sup: moved to fir_low: stopped and started again, and its state is "
            "lost\n",
            ""});
}

TEST_CASE("children: a supervisor whose init/1 must not be called keeps removed ones, which is reported") {
  Lab lab;
  lab.add(fir("1.0.0", {"fir_a", "fir_b"}, {"fir_x"}, "sup"));
  lab.add(fir("2.0.0", {"fir_a", "fir_c"}, {"fir_x"}, "sup"));
  start(lab);
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

TEST_CASE("children: a supervisor whose init/1 is known to fail in another call is refused") {
  Lab lab;
  lab.add(fir("1.0.0", {"fir_a"}, {"fir_x"}, "owner"));
  lab.add(fir("2.0.0", {"fir_a", "fir_b"}, {"fir_x"}, "owner"));
  start(lab);
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
  start(lab);
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
  start(lab);
  CHECK(lab.upgrade("fir", "1.0.0", "2.0.0").exit == 0);
  CHECK(trees(lab, "[fir_sup]") == "[{fir_sup,[{fir_a,running},{fir_b,running},{fir_low,running}]}]");
}

TEST_CASE("children: one started by the appup or by the author's hook is not started again") {
  Lab lab;
  const std::string appup = GENERATE(std::string(), R"({"2.0.0",
    [{"1.0.0", [{add_module, fir_c}, {update, fir_sup, supervisor},
                {apply, {supervisor, terminate_child, [fir_sup, fir_b]}},
                {apply, {supervisor, delete_child, [fir_sup, fir_b]}}, {delete_module, fir_b},
                {apply, {supervisor, restart_child, [fir_sup, fir_c]}}, {load_module, fir_app},
                {update, fir_low, supervisor},
                {update, fir_a, {advanced, []}}, {update, fir_x, {advanced, []}}]}], []}.)");
  INFO((appup.empty() ? "made appup" : "shipped appup"));
  lab.add(fir("1.0.0", {"fir_a", "fir_b"}, {"fir_x"}, appup.empty() ? "sup" : "tree"));
  LabRelease two = fir("2.0.0", {"fir_a", "fir_c"}, {"fir_x"}, appup.empty() ? "sup" : "tree");
  two.appup = appup;
  lab.add(two);
  start(lab);
  lab.ask("lab:on({sup_upgrade_notify, fir_sup}, {sleep, 1}).");
  CHECK(lab.upgrade("fir", "1.0.0", "2.0.0").exit == 0);
  CHECK(lab.ask("{_, P, _, _} = lists:keyfind(fir_c, 1, supervisor:which_children(fir_sup)), P =:= "
                "whereis(fir_c).") == "true");
}

TEST_CASE("children: one with a changed start keeps running, which is reported") {
  Lab lab;
  lab.add(fir("1.0.0", {"fir_a"}, {"fir_x"}));
  LabRelease two = fir("2.0.0", {"fir_a"}, {"fir_x"});
  two.modules[1].children = "[{fir_a, {lab, start_it, [fir_a]}, permanent, 2000, worker, [fir_a]}] ++ " +
                            child_specs({"fir_low"}, "supervisor");
  lab.add(two);
  start(lab);
  CHECK(lab.upgrade("fir", "1.0.0", "2.0.0") == Ran{0,
                                                    "erlrc-upgrade: Upgrading 'fir': (NODE) upgraded\n"
                                                    "  remark: child fir_a of fir_sup keeps running as "
                                                    "{fir_a,start_link,0} started it, the new one would be "
                                                    "{lab,start_it,1}\n",
                                                    ""});
}

TEST_CASE("children: nothing of a new one is left after a rollback, though its supervisor restarted it") {
  Lab lab;
  const bool before = GENERATE(true, false);
  CAPTURE(before);
  LabRelease one = fir("1.0.0", {"fir_a", "fir_b"}, {});
  LabRelease two = fir("2.0.0", {"fir_a", "fir_b", "fir_c"}, {});
  const std::string restart = "{gen_server, stop, [fir_a]}, {supervisor, which_children, [fir_sup]}";
  if (before) {
    // This runs before the new child is started.
    two.appup =
        "{\"2.0.0\", [{\"1.0.0\", [{add_module, fir_c}, {update, fir_sup, supervisor},"
        " {apply, {lab, in_order, [[" +
        restart + ", {erlang, error, [late]}]]}}]}], []}.";
  } else {
    one.keys = ", {included_applications, [sub]}";
    lab.add(servers("sub", "1.0.0", {"sub_a"}));
    lab.ask("code:add_patha(\"" + lab.at("sub", "1.0.0") + "/ebin\").");
    lab.want("sub");
  }
  lab.add(one);
  lab.add(two);
  start(lab);
  if (!before)
    lab.ask("sub_app:module_info(), lab:on({start, sub}, {call, {lab, in_order, [[" + restart +
            ", {erlang, error, [late]}]]}}).");
  const std::string children = trees(lab);
  const Ran ran = lab.upgrade("fir", "1.0.0", "2.0.0");
  INFO(ran);
  CHECK(ran.exit == 1);
  CHECK(trees(lab) == children);
  CHECK(lab.condition("fir") == "old");
  if (before) {
    two.appup = "{\"2.0.0\", [{\"1.0.0\", [{add_module, fir_c}, {update, fir_sup, supervisor}]}], []}.";
    lab.add(two);
  } else {
    lab.ask("lab:on({start, sub}, ok).");
  }
  CHECK(lab.upgrade("fir", "1.0.0", "2.0.0").exit == 0);
  CHECK(trees(lab, "[fir_sup]") ==
        "[{fir_sup,[{fir_a,running},{fir_b,running},{fir_c,running},{fir_low,running}]}]");
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
  start(lab);
  const Ran ran = lab.upgrade("fir", "1.0.0", "2.0.0");
  INFO(ran);
  CHECK(ran.exit == 3);
  CHECK(ran.err.find(" fir_sup in sys:suspend_loop/6: init/1 of the old code failed: lab:do/2, lab.erl:") !=
        std::string::npos);
  CHECK(ran.err.find(": on_purpose\n") != std::string::npos);
}
