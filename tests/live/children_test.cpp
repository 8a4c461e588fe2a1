// SPDX-License-Identifier: BSD-3-Clause
#include "catch.hpp"
#include "fir.hpp"

// Tests that the children of a supervisor after an upgrade are those that the new version would start with,
// and those that were added at run time.

using namespace erlrc;
using namespace erlrc::test;

namespace {

/// Upgrades `fir` from `one`, which includes an application, to `two`, after which that does not start on its
/// own.
Ran fail_late(Lab& lab, LabRelease one, const LabRelease& two) {
  one.keys = ", {included_applications, [sub]}";
  lab.add(one);
  lab.add(two);
  lab.add(servers("sub", "1.0.0", {"sub_a"}));
  lab.ask("code:add_patha(\"" + lab.at("sub", "1.0.0") + "/ebin\").");
  lab.want("sub");
  start_fir(lab);
  lab.ask("sub_app:module_info(), lab:mark(), lab:on({start, sub}, crash).");
  return lab.upgrade("fir", "1.0.0", "2.0.0");
}

}  // namespace

TEST_CASE("children: added ones are started and removed ones stopped, and vice versa in a downgrade") {
  Lab lab;
  lab.add(fir("1.0.0", {"fir_a", "fir_b", "fir_c"}, {"fir_x"}));
  lab.add(fir("2.0.0", {"fir_a", "fir_d", "fir_c"}, {"fir_y", "fir_x"}));
  start_fir(lab);
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
    start_fir(lab);
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
    start_fir(lab);
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
    start_fir(lab);
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
  start_fir(lab);
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
  start_fir(lab);
  // The module of fir_x is removed.
  CHECK(lab.upgrade("fir", "1.0.0", "2.0.0", {"--children=keep"}).exit == 1);
  CHECK(lab.condition("fir") == "old");
  CHECK(lab.upgrade("fir", "1.0.0", "2.0.0", {"--children=keep", "--stranded=report"}).exit == 0);
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
  start_fir(lab);
  lab.ask(
      "[{_, _} = gen_server:call(fir_b, vsn) || _ <- [1, 2, 3]], lab:mark(),"
      " lab:on({start, fir_d}, {answer, {error, no}}).");
  const Ran ran = lab.upgrade("fir", "1.0.0", "2.0.0");
  CHECK(ran.exit == 1);
  CHECK(ran.err.starts_with("erlrc-upgrade: NODE: rolled_back: child fir_d of fir_sup: start: "));
  CHECK(has(ran.err,
            "  remark: child fir_b was stopped, and started again with the state that it had, but without "
            "timers and monitors of its own\n"));
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
  start_fir(lab);
  CHECK(lab.upgrade("fir", "1.0.0", "2.0.0") ==
        Ran{0,
            "erlrc-upgrade: Upgrading 'fir': (NODE) upgraded\n"
            "  remark: child fir_x of fir_sup: moved to fir_low: stopped and started again, and its state is "
            "lost\n",
            ""});
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
  // It is not known that this one is gone.
  if (appup.empty()) two.modules.push_back({"fir_b", "server"});
  lab.add(two);
  start_fir(lab);
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
  start_fir(lab);
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
  start_fir(lab);
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
