// SPDX-License-Identifier: BSD-3-Clause
#include "catch.hpp"
#include "outcomes.hpp"
#include "zoo.hpp"

// Tests the outcome of start for each state of a node.

using namespace erlrc;
using namespace erlrc::test;

TEST_CASE("start: an application that does not run is loaded, with its modules, and started") {
  Lab lab;
  lab.add(small_zoo("1.0.0"));
  CHECK(lab.start("zoo", "1.0.0") == started("'zoo': (NODE) started"));
  CHECK(apps(lab) == R"({[{zoo,"1.0.0"}],[{zoo,"1.0.0"}],["LAB/zoo-1.0.0/ebin"]})");
  CHECK(lab.ask("hd(code:get_path()).") == R"("LAB/zoo-1.0.0/ebin")");
  CHECK(lab.ask("[M || M <- [zoo_app, zoo_sup, zoo_a, zoo_b, zoo_lib, zoo_same, zoo_gone],"
                " not erlang:module_loaded(M)].") == "[]");
  CHECK(lab.ask("{gen_server:call(zoo_a, vsn), lab:calls()}.") ==
        R"({{"1.0.0","1.0.0"},[{start,zoo,normal,[args]},{init,zoo_sup,"1.0.0"}]})");
}

TEST_CASE("start: a running application is already_running, however often it is started") {
  Lab lab;
  lab.add(small_zoo("1.0.0"));
  lab.start("zoo", "1.0.0");
  lab.ask("lab:mark().");
  CHECK(lab.start("zoo", "1.0.0") == started("'zoo': (NODE) already_running"));
  CHECK(lab.start("zoo", "1.0.0") == started("'zoo': (NODE) already_running"));
  CHECK(lab.ask("lab:diff().") == "[]");
}

TEST_CASE("start: fails if another version runs") {
  Lab lab;
  lab.add(small_zoo("1.0.0"));
  lab.add(small_zoo("2.0.0"));
  lab.start("zoo", "1.0.0");
  lab.ask("lab:mark().");
  CHECK(lab.start("zoo", "2.0.0") ==
        failed("erlrc-start: NODE: refused: version 1.0.0 of zoo runs, not 2.0.0 (use erlrc-upgrade)"));
  CHECK(lab.ask("lab:diff().") == "[]");
}

TEST_CASE("start: another version that is loaded and does not run is unloaded") {
  Lab lab;
  lab.add(small_zoo("1.0.0"));
  lab.add(small_zoo("2.0.0"));
  lab.ask("code:add_patha(\"" + lab.at("zoo", "1.0.0") +
          "/ebin\"), ok = application:load(zoo), zoo_lib:vsn().");
  CHECK(lab.start("zoo", "2.0.0") == started("'zoo': (NODE) started"));
  CHECK(lab.ask("{application:get_key(zoo, vsn), application:get_env(zoo, of_vsn), zoo_lib:vsn()}.") ==
        R"({{ok,"2.0.0"},{ok,"2.0.0"},"2.0.0"})");
}

TEST_CASE("start: an application that a running one includes is included, and not started") {
  Lab lab;
  lab.add(including("top", "1.0.0", {"sub"}));
  lab.add(servers("sub", "1.0.0", {"sub_a"}));
  lab.ask("code:add_patha(\"" + lab.at("sub", "1.0.0") + "/ebin\").");
  CHECK(lab.start("top", "1.0.0") == started("'top': (NODE) started"));
  CHECK(lab.start("sub", "1.0.0") == started("'sub': (NODE) included"));
  CHECK(lab.start("sub", "1.0.0") == started("'sub': (NODE) included"));
  CHECK(apps(lab) ==
        R"({[{top,"1.0.0"}],[{sub,"1.0.0"},{top,"1.0.0"}],["LAB/top-1.0.0/ebin","LAB/sub-1.0.0/ebin"]})");
}

TEST_CASE("start: included applications that run by themselves are stopped first") {
  Lab lab;
  lab.add(including("top", "1.0.0", {"sub", "other"}, {"sub_sup"}));
  lab.add(servers("sub", "1.0.0", {"sub_a"}));
  lab.add(servers("other", "1.0.0", {"other_a"}));
  lab.start("sub", "1.0.0");
  lab.start("other", "1.0.0");
  CHECK(lab.start("top", "1.0.0") == started("'top': (NODE) started_included_stopped"));
  CHECK(apps(lab).starts_with(R"({[{top,"1.0.0"}],[{other,"1.0.0"},{sub,"1.0.0"},{top,"1.0.0"}],)"));
  CHECK(lab.ask("{is_pid(whereis(sub_a)), whereis(other_a)}.") == "{true,undefined}");
  CHECK(lab.start("top", "1.0.0") == started("'top': (NODE) already_running"));
}

TEST_CASE("start: modules are loaded on a node in embedded mode, which does not load them by itself") {
  Lab lab;
  lab.add(small_zoo("1.0.0"));
  LiveNodeOptions embedded;
  embedded.arguments = {"-mode", "embedded"};
  lab.add_node(embedded);
  CHECK(lab.run(start_main, {"--node", lab.node(1).alive(), "zoo", "1.0.0", lab.at("zoo", "1.0.0")}) ==
        started("'zoo': (NODE2) started"));
  CHECK(lab.ask("{code:get_mode(), zoo_lib:vsn(), gen_server:call(zoo_a, vsn)}.", 1) ==
        R"({embedded,"1.0.0",{"1.0.0","1.0.0"}})");
  lab.add(small_zoo("2.0.0"));
  CHECK(lab.run(upgrade_main, {"--node", lab.node(1).alive(), "zoo", "1.0.0", "2.0.0", lab.at("zoo", "1.0.0"),
                               lab.at("zoo", "2.0.0")}) == upgraded("'zoo': (NODE2) upgraded"));
  CHECK(lab.ask("{zoo_new:vsn(), gen_server:call(zoo_a, vsn)}.", 1) == R"({"2.0.0",{"2.0.0","2.0.0"}})");
}

TEST_CASE("start: a failed start leaves nothing of the application") {
  Lab lab;
  lab.add(small_zoo("1.0.0"));
  lab.ask("lab:mark(), lab:on({start, zoo}, {answer, {error, not_today}}).");
  CHECK(lab.start("zoo", "1.0.0") ==
        failed("erlrc-start: NODE: rolled_back: zoo: start: {not_today,{zoo_app,start,[normal,[args]]}}"));
  CHECK(lab.ask("lab:diff().") == "[]");
}
