// SPDX-License-Identifier: BSD-3-Clause
#include "catch.hpp"
#include "outcomes.hpp"
#include "zoo.hpp"

// Tests what the instructions of an appup do, generated and shipped.

using namespace erlrc;
using namespace erlrc::test;

TEST_CASE("upgrade by a generated appup: converts every kind of process and calls the author's hooks") {
  Lab lab;
  const std::vector<std::string> kinds{"server", "statem", "event", "special"};
  for (const std::string vsn : {"1.0.0", "2.0.0"}) {
    LabRelease made{"kin", vsn, {{"kin_app", "app"}, {"kin_sup", "sup"}}};
    std::string children = child_specs({"kin_server", "kin_statem", "kin_special"});
    children.pop_back();
    // A gen_event manager returns its handlers' modules on request.
    made.modules[1].children =
        children + ", {kin_event, {kin_event, start_link, []}, permanent, 2000, worker, dynamic}]";
    for (const std::string& kind : kinds)
      made.modules.push_back({"kin_" + kind, kind});
    lab.add(made);
  }
  lab.start("kin", "1.0.0");
  lab.ask("lab:mark(), ets:delete_all_objects(lab_calls).");
  CHECK(lab.upgrade("kin", "1.0.0", "2.0.0") == upgraded("'kin': (NODE) upgraded"));
  CHECK(lab.condition("kin") == "new");
  CHECK(lab.ask("lists:sort([C || C <- lab:calls(), element(1, C) =:= code_change]).") ==
        R"([{code_change,kin_event,"1.0.0",[]},{code_change,kin_event,"1.0.0",[]},)"
        R"({code_change,kin_server,"1.0.0",[]},{code_change,kin_special,"1.0.0",[]},)"
        R"({code_change,kin_statem,"1.0.0",[]}])");
  CHECK(lab.ask("[C || C <- lab:calls(), element(1, C) =/= code_change].") ==
        R"([{init,kin_sup,"2.0.0"},{sup_upgrade_notify,kin_sup,"1.0.0","2.0.0"},)"
        R"({version_change,kin,"1.0.0",[args]},{config_change,kin,[{of_vsn,"2.0.0"}],[],[]}])");

  lab.ask("ets:delete_all_objects(lab_calls).");
  CHECK(lab.downgrade("kin", "1.0.0", "2.0.0") == downgraded("'kin': (NODE) downgraded"));
  CHECK(lab.ask("lab:diff().") == "[]");
  CHECK(lab.ask("lists:sort([C || C <- lab:calls(), element(1, C) =:= code_change]).") ==
        R"([{code_change,kin_event,{down,"1.0.0"},[]},{code_change,kin_event,{down,"1.0.0"},[]},)"
        R"({code_change,kin_server,{down,"1.0.0"},[]},{code_change,kin_special,{down,"1.0.0"},[]},)"
        R"({code_change,kin_statem,{down,"1.0.0"},[]}])");
  CHECK(lab.ask("[C || C <- lab:calls(), element(1, C) =/= code_change].") ==
        R"([{version_change,kin,{down,"1.0.0"},[args]},{sup_downgrade_notify,kin_sup,"1.0.0","2.0.0"},)"
        R"({init,kin_sup,"1.0.0"},{config_change,kin,[{of_vsn,"1.0.0"}],[],[]}])");
}

TEST_CASE("upgrade by a generated appup: the author's hook can start the new children of a supervisor") {
  Lab lab;
  lab.add(servers("zoo", "1.0.0", {"zoo_a"}));
  LabRelease later = servers("zoo", "2.0.0", {"zoo_a", "zoo_b"});
  lab.add(later);
  lab.start("zoo", "1.0.0");
  CHECK(lab.upgrade("zoo", "1.0.0", "2.0.0", {"--children=keep"}) == upgraded("'zoo': (NODE) upgraded"));
  CHECK(lab.ask("[{I, is_pid(P)} || {I, P, _, _} <- supervisor:which_children(zoo_sup)].") ==
        "[{zoo_b,false},{zoo_a,true}]");
  CHECK(lab.ask("{ok, _} = supervisor:restart_child(zoo_sup, zoo_b), gen_server:call(zoo_b, vsn).") ==
        R"({"2.0.0","2.0.0"})");
}

TEST_CASE("upgrade by a shipped appup: executes its instructions in order") {
  Lab lab;
  lab.add(small_zoo("1.0.0"));
  LabRelease later = small_zoo("2.0.0");
  later.appup = R"({"2.0.0",
    [{"1.0.0", [{add_module, zoo_new},
                {apply, {zoo_app, changed, [first]}},
                {update, zoo_a, {advanced, from_appup}},
                {load_module, zoo_lib},
                {load_module, zoo_b},
                {apply, {zoo_app, changed, [{last}]}},
                {delete_module, zoo_gone}]}],
    [{"1.0.0", [{add_module, zoo_gone},
                {update, zoo_a, {advanced, back}},
                {load_module, zoo_lib},
                {load_module, zoo_b},
                {delete_module, zoo_new}]}]}.)";
  lab.add(later);
  lab.start("zoo", "1.0.0");
  lab.ask("ets:delete_all_objects(lab_calls).");
  CHECK(lab.upgrade("zoo", "1.0.0", "2.0.0") == leaving(upgraded("'zoo': (NODE) upgraded"), "zoo_sup"));
  CHECK(lab.ask("lab:calls().") ==
        R"([{changed,zoo,first},{code_change,zoo_a,"1.0.0",from_appup},{changed,zoo,{last}},)"
        R"({config_change,zoo,[{of_vsn,"2.0.0"}],[],[]}])");
  // The appup only loads zoo_b: its process keeps its state.
  CHECK(lab.ask("{gen_server:call(zoo_a, vsn), gen_server:call(zoo_b, vsn), zoo_lib:vsn(), zoo_new:vsn(),"
                " erlang:module_loaded(zoo_gone)}.") ==
        R"({{"2.0.0","2.0.0"},{"2.0.0","1.0.0"},"2.0.0","2.0.0",false})");
  lab.ask("ets:delete_all_objects(lab_calls).");
  CHECK(lab.downgrade("zoo", "1.0.0", "2.0.0") == leaving(downgraded("'zoo': (NODE) downgraded"), "zoo_sup"));
  CHECK(lab.ask("lab:calls().") ==
        R"([{code_change,zoo_a,{down,"1.0.0"},back},{config_change,zoo,[{of_vsn,"1.0.0"}],[],[]}])");
  CHECK(lab.condition("zoo") == "old");
}

TEST_CASE("upgrade by a shipped appup: restart_application restarts the application") {
  Lab lab;
  const std::string lost = "  remark: zoo: was stopped and is started again; what its processes knew is lost";
  lab.add(small_zoo("1.0.0"));
  LabRelease later = small_zoo("2.0.0");
  later.appup =
      R"({"2.0.0", [{"1.0.0", [{restart_application, zoo}]}], [{"1.0.0", [{restart_application, zoo}]}]}.)";
  lab.add(later);
  lab.start("zoo", "1.0.0");
  CHECK(lab.upgrade("zoo", "1.0.0", "2.0.0") == upgraded("'zoo': (NODE) upgraded\n" + lost));
  CHECK(lab.condition("zoo") == "new");
  CHECK(lab.ask("proplists:get_value(zoo, proplists:get_value(started, application:info())).") ==
        "temporary");
  CHECK(lab.downgrade("zoo", "1.0.0", "2.0.0") == downgraded("'zoo': (NODE) downgraded\n" + lost));
  CHECK(lab.condition("zoo") == "old");
}

TEST_CASE("upgrade: a change that no running node can make is refused before anything changes") {
  Lab lab;
  lab.add(small_zoo("1.0.0"));
  LabRelease later = small_zoo("2.0.0");
  later.appup = R"({"2.0.0", [{"1.0.0", [restart_new_emulator]}], [{"1.0.0", []}]}.)";
  lab.add(later);
  lab.start("zoo", "1.0.0");
  lab.ask("lab:mark().");
  CHECK(lab.upgrade("zoo", "1.0.0", "2.0.0") ==
        failed("erlrc-upgrade: NODE: needs_restart: its appup asks for restart_new_emulator"));
  CHECK(lab.ask("lab:diff().") == "[]");
}
