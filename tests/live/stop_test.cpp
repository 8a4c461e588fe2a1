// SPDX-License-Identifier: BSD-3-Clause
#include "catch.hpp"
#include "outcomes.hpp"
#include "zoo.hpp"

// Tests the outcome of stop for each state of a node.

using namespace erlrc;
using namespace erlrc::test;

TEST_CASE("stop: a running application is stopped and unloaded, and nothing of it is left") {
  Lab lab;
  lab.add(small_zoo("1.0.0"));
  lab.ask("lab:mark().");
  lab.start("zoo", "1.0.0");
  CHECK(lab.stop("zoo", "1.0.0") == stopped("'zoo': (NODE) unloaded"));
  CHECK(lab.ask("lab:diff().") == "[]");
  CHECK(lab.ask("lists:last(lab:calls()).") == "{stop,zoo}");
  CHECK(lab.stop("zoo", "1.0.0") == stopped("'zoo': (NODE) unloaded"));
}

TEST_CASE("stop: processes of others that run its modules, or are inside of them, are named") {
  Lab lab;
  lab.add(small_zoo("1.0.0"));
  lab.start("zoo", "1.0.0");
  lab.ask(
      "{ok, P} = gen_server:start(zoo_a, [], []), register(served, P),"
      " register(looping, spawn(zoo_lib, linger, [])), lab:await_rest(whereis(looping)).");
  const std::string served = lab.pid_of("served");
  const std::string looping = lab.pid_of("looping");
  const Ran ran = lab.stop("zoo", "1.0.0");
  INFO(ran);
  CHECK(ran.exit == 0);
  CHECK(has(ran.out, "  remark: processes whose code is unloaded end with their next message: 1 of zoo_a: " +
                         served + " served in gen_server:loop/"));
  CHECK(has(ran.out, "  remark: killed, because they ran code that is unloaded: 1 in zoo_lib: " + looping));
  CHECK(lab.ask("is_process_alive(whereis(served)).") == "true");
  CHECK(lab.ask("whereis(looping).") == "undefined");
  lab.ask("exit(whereis(served), kill).");
}

TEST_CASE("stop --no-unload: the application stays loaded") {
  Lab lab;
  lab.add(small_zoo("1.0.0"));
  lab.start("zoo", "1.0.0");
  CHECK(lab.stop("zoo", "1.0.0", {"--no-unload"}) == stopped("'zoo': (NODE) stopped"));
  CHECK(apps(lab) == R"({[],[{zoo,"1.0.0"}],["LAB/zoo-1.0.0/ebin"]})");
  CHECK(lab.ask("erlang:module_loaded(zoo_a).") == "true");
  CHECK(lab.stop("zoo", "1.0.0", {"--no-unload"}) == stopped("'zoo': (NODE) not_running"));
  CHECK(lab.stop("zoo", "1.0.0") == stopped("'zoo': (NODE) unloaded"));
  CHECK(apps(lab) == "{[],[],[]}");
}

TEST_CASE("stop: does nothing for an unknown application") {
  Lab lab;
  lab.ask("lab:mark().");
  CHECK(lab.stop("zoo", "1.0.0", {"--no-unload"}) == stopped("'zoo': (NODE) not_running"));
  CHECK(lab.stop("zoo", "1.0.0") == stopped("'zoo': (NODE) unloaded"));
  CHECK(lab.ask("lab:diff().") == "[]");
}

TEST_CASE("stop: does not stop another version") {
  Lab lab;
  lab.add(small_zoo("1.0.0"));
  lab.add(small_zoo("2.0.0"));
  lab.start("zoo", "1.0.0");
  lab.ask("lab:mark().");
  CHECK(lab.stop("zoo", "2.0.0") ==
        failed("erlrc-stop: NODE: refused: version 1.0.0 of zoo runs, not 2.0.0"));
  CHECK(lab.stop("zoo", "2.0.0", {"--no-unload"}).exit == 1);
  CHECK(lab.ask("lab:diff().") == "[]");
  lab.stop("zoo", "1.0.0", {"--no-unload"});
  CHECK(lab.stop("zoo", "2.0.0") ==
        failed("erlrc-stop: NODE: refused: version 1.0.0 of zoo is loaded, not 2.0.0"));
}

TEST_CASE("stop: included applications that are desired keep running by themselves") {
  Lab lab;
  lab.add(including("top", "1.0.0", {"sub", "other"}, {"sub_sup"}));
  lab.add(servers("sub", "1.0.0", {"sub_a"}));
  lab.add(servers("other", "1.0.0", {"other_a"}));
  lab.ask("code:add_patha(\"" + lab.at("sub", "1.0.0") + "/ebin\"), code:add_patha(\"" +
          lab.at("other", "1.0.0") + "/ebin\").");
  lab.want("top");
  lab.want("sub");
  lab.start("top", "1.0.0");
  CHECK(lab.stop("top", "1.0.0", {"--no-unload"}) == stopped("'top': (NODE) stopped_included_started"));
  CHECK(lab.ask("{[A || {A, _, _} <- application:which_applications()], is_pid(whereis(sub_a))}.") ==
        "{[sub,stdlib,kernel],true}");
  CHECK(lab.start("top", "1.0.0") == started("'top': (NODE) started_included_stopped"));

  // Unloading an application also unloads included ones, which kills the node if one of them runs.
  CHECK(lab.stop("top", "1.0.0") == stopped("'top': (NODE) unloaded"));
  CHECK(lab.ask("{[A || {A, _, _} <- application:which_applications()], is_pid(whereis(sub_a))}.") ==
        "{[sub,stdlib,kernel],true}");
  CHECK(apps(lab) == R"({[{sub,"1.0.0"}],[{sub,"1.0.0"}],["LAB/other-1.0.0/ebin","LAB/sub-1.0.0/ebin"]})");
  CHECK(lab.stop("sub", "1.0.0") == stopped("'sub': (NODE) unloaded"));
}

TEST_CASE("stop: an included application that also runs by itself survives the unloading") {
  Lab lab;
  lab.add(including("top", "1.0.0", {"sub"}));
  lab.add(servers("sub", "1.0.0", {"sub_a"}));
  lab.ask("code:add_patha(\"" + lab.at("sub", "1.0.0") + "/ebin\").");
  lab.start("top", "1.0.0");
  lab.ask("ok = application:start(sub).");  // by another program
  CHECK(lab.stop("top", "1.0.0") == stopped("'top': (NODE) unloaded"));
  CHECK(apps(lab) == R"({[{sub,"1.0.0"}],[{sub,"1.0.0"}],["LAB/sub-1.0.0/ebin"]})");
  CHECK(lab.ask("gen_server:call(sub_a, vsn).") == R"({"1.0.0","1.0.0"})");
}
