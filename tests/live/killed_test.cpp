// SPDX-License-Identifier: BSD-3-Clause
#include <algorithm>
#include <chrono>
#include <iterator>
#include <string>
#include <thread>
#include <variant>

#include <erlrc/node/connect.hpp>
#include <erlrc/node/run.hpp>

#include "catch.hpp"
#include "injection.hpp"
#include "lab.hpp"

// Kills the program with SIGKILL at any time: the node ends completely in the new version or completely in
// the old one, and no plan keeps running. Callbacks of the application stop the plan at each step.

using namespace erlrc;
using namespace erlrc::test;

namespace {

/// A version with everything that an upgrade calls: a server, a supervisor, a module with on_load, and
/// hooks; 1.0.0 includes one application and 2.0.0 another one.
LabRelease big(const std::string& vsn) {
  LabRelease made =
      servers("big", vsn, {"big_first", "big_server"},
              ", {included_applications, [" + std::string(vsn == "1.0.0" ? "leaves" : "comes") + "]}");
  made.modules.push_back({"big_loads", "loads"});
  made.modules.push_back({"big_lib", "plain"});
  made.modules.push_back({vsn == "1.0.0" ? "big_gone" : "big_new", "plain"});
  return made;
}

void set_up(Lab& lab) {
  lab.add(big("1.0.0"));
  lab.add(big("2.0.0"));
  for (const std::string app : {"leaves", "comes"}) {
    lab.add(servers(app, "1.0.0", {app + "_a"}));
    lab.ask("code:add_pathz(\"" + lab.at(app, "1.0.0") + "/ebin\").");
    lab.want(app);
  }
  REQUIRE(lab.start("big", "1.0.0").exit == 0);
  REQUIRE(lab.start("comes", "1.0.0").exit == 0);
  lab.ask("leaves_app:module_info(), gen_server:call(big_first, vsn), lab:mark().");
}

std::vector<std::string> change(Lab& lab) {
  return {"big", "1.0.0", "2.0.0", lab.at("big", "1.0.0"), lab.at("big", "2.0.0")};
}

/// Kills the program as soon as the node is inside that callback, lets the callback continue, and waits until
/// the node has finished.
void kill_inside(Lab& lab, Child program, const std::string& callback) {
  REQUIRE(lab.ask("lab:await_reached(" + callback + ").") == "true");
  CHECK(program.runs());
  program.kill();
  lab.ask("lab:release(" + callback + ").");
  CHECK(lab.ask("lab:await_idle().") == "true");
}

/// After the connection is lost, the node may still have to run a plan that it has received.
void finish(Lab& lab, std::size_t index = 0) {
  for (int i = 0; i < 3; ++i) {
    CHECK(lab.ask("lab:await_idle().", index) == "true");
    std::this_thread::sleep_for(std::chrono::milliseconds(5));
  }
}

}  // namespace

TEST_CASE("an upgrade whose client is killed inside a step continues to its end") {
  const std::string callback =
      GENERATE("{stop, comes}", "{code_change, big_first}", "{code_change, big_server}", "{init, big_sup}",
               "{{on_load, \"2.0.0\"}, big_loads}", "{sup_upgrade_notify, big_sup}", "{version_change, big}",
               "{config_change, big}", "{start, leaves}");
  CAPTURE(callback);
  Lab lab;
  set_up(lab);
  lab.ask("lab:on(" + callback + ", {wait, ok}).");
  kill_inside(lab, lab.launch("upgrade", change(lab)), callback);
  CHECK(lab.condition("big") == "new");
  CHECK(lab.ask("{is_pid(whereis(leaves_a)), whereis(comes_a)}.") == "{true,undefined}");
}

TEST_CASE("an upgrade that fails after its client was killed inside a step is rolled back") {
  const auto [callback, then, failing] = GENERATE(table<std::string, std::string, std::string>(
      {{"{stop, comes}", "ok", "{code_change, big_server}"},
       {"{code_change, big_first}", "ok", "{code_change, big_server}"},
       {"{code_change, big_server}", "crash", "{none, none}"},
       {"{init, big_sup}", "crash", "{none, none}"},
       {"{{on_load, \"2.0.0\"}, big_loads}", "crash", "{none, none}"},
       {"{sup_upgrade_notify, big_sup}", "ok", "{version_change, big}"},
       {"{version_change, big}", "crash", "{none, none}"},
       {"{config_change, big}", "crash", "{none, none}"},
       {"{start, leaves}", "crash", "{none, none}"},
       // The client is killed during the rollback.
       {"{sup_downgrade_notify, big_sup}", "ok", "{version_change, big}"}}));
  CAPTURE(callback, failing);
  Lab lab;
  set_up(lab);
  lab.ask("lab:on(" + callback + ", {wait, " + then + "}), lab:on(" + failing + ", crash).");
  kill_inside(lab, lab.launch("upgrade", change(lab)), callback);
  CHECK(lab.ask("lab:diff_but_pids().") == "[]");
  CHECK(lab.condition("big") == "old");
}

TEST_CASE("an upgrade whose client is killed while a process does not suspend is rolled back") {
  const bool answers = GENERATE(true, false);
  Lab lab;
  set_up(lab);
  lab.ask(
      "lab:on({busy, big_server}, {wait, ok}), gen_server:cast(big_server, {act, busy}),"
      " lab:await_reached({busy, big_server}).");
  std::vector<std::string> args = answers ? std::vector<std::string>{"--timeout", "300"} : lab.limit(4);
  std::ranges::move(change(lab), std::back_inserter(args));
  Child program = lab.launch("upgrade", args);
  REQUIRE(lab.ask("lab:await(fun() -> lab:status(big_sup) =/= running end).") == "true");
  program.kill();
  if (answers) lab.ask("lab:release({busy, big_server}).");
  CHECK(lab.ask("lab:await_idle().") == "true");
  lab.ask("lab:release({busy, big_server}).");
  if (answers) {
    CHECK(lab.condition("big") == "new");
  } else {
    CHECK(lab.ask("lab:diff_but_pids().") == "[]");
  }
}

TEST_CASE("a plan whose client is gone ends within its own time limit") {
  Lab lab;
  set_up(lab);
  lab.ask("lab:on({code_change, big_server}, hang).");
  std::vector<std::string> args = lab.limit(4);
  std::ranges::move(change(lab), std::back_inserter(args));
  Child program = lab.launch("upgrade", args);
  REQUIRE(lab.ask("lab:await(fun() -> whereis(erlrc_runner) =/= undefined end).") == "true");
  program.kill();
  CHECK(lab.ask("lab:await_idle().") == "true");
  CHECK(lab.ask("lab:diff_but_pids().") == "[]");
}

TEST_CASE("an upgrade whose client is killed at any moment ends in one version") {
  Lab lab;
  set_up(lab);
  const bool fails = GENERATE(false, true);
  if (fails) lab.ask("lab:on({version_change, big}, crash).");
  std::string condition = "old";
  for (int us = 0; us < 60000; us += 1500) {
    CAPTURE(us);
    Child program = lab.launch(condition == "old" ? "upgrade" : "downgrade", change(lab));
    std::this_thread::sleep_for(std::chrono::microseconds(us));
    program.kill();
    finish(lab);
    condition = lab.condition("big");
    CHECK((condition == "old" || (condition == "new" && !fails)));
    CHECK(lab.ask("{is_pid(whereis(leaves_a)), is_pid(whereis(comes_a))}.") ==
          (condition == "old" ? "{false,true}" : "{true,false}"));
  }
}

TEST_CASE("a prepared node whose client is gone commits if that was decided, and is rolled back otherwise") {
  const bool decided = GENERATE(true, false);
  Lab lab;
  set_up(lab);
  const auto version = [&](const std::string& vsn) {
    const std::string ebin = lab.at("big", vsn) + "/ebin";
    return Version{vsn, Location(ebin)};
  };
  const auto plan = std::get<Plan>(
      planned(lab, {Atom{"big"}, Request::Change{Direction::up, version("1.0.0"), version("2.0.0")}}));
  const std::string record = lab.dir() / "record";
  {
    const auto rpc = connect(lab.node().entry(), after(std::chrono::minutes(5)));
    REQUIRE(rpc);
    const Outcome prepared =
        erlrc::run(*rpc, plan, Commit::on_verdict, after(std::chrono::minutes(5)), record);
    REQUIRE(prepared.is_done());
    if (decided) lab.dir().write("record", "");
  }
  finish(lab);
  CHECK(lab.condition("big") == (decided ? "new" : "old"));
}

TEST_CASE("a start whose client is killed ends") {
  const std::string then = GENERATE("ok", "crash");
  Lab lab;
  lab.add(servers("zoo", "1.0.0", {"zoo_a"}));
  lab.ask("lab:mark(), lab:on({start, zoo}, {wait, " + then + "}).");
  kill_inside(lab, lab.launch("start", {"zoo", "1.0.0", lab.at("zoo", "1.0.0")}), "{start, zoo}");
  if (then == "ok") {
    CHECK(lab.ask("gen_server:call(zoo_a, vsn).") == R"({"1.0.0","1.0.0"})");
  } else {
    CHECK(lab.ask("lab:diff().") == "[]");
  }
}

TEST_CASE("a stop whose client is killed ends") {
  Lab lab;
  lab.add(servers("zoo", "1.0.0", {"zoo_a"}));
  lab.ask("lab:mark().");
  lab.start("zoo", "1.0.0");
  lab.ask("lab:on({stop, zoo}, {wait, ok}).");
  kill_inside(lab, lab.launch("stop", {"zoo", "1.0.0", lab.at("zoo", "1.0.0")}), "{stop, zoo}");
  CHECK(lab.ask("lab:diff().") == "[]");
}

TEST_CASE("starts and stops whose client is killed at any moment end") {
  Lab lab;
  lab.add(servers("zoo", "1.0.0", {"zoo_a"}));
  lab.ask("lab:mark().");
  bool runs = false;
  for (int us = 0; us < 30000; us += 1500) {
    CAPTURE(us);
    Child program = lab.launch(runs ? "stop" : "start", {"zoo", "1.0.0", lab.at("zoo", "1.0.0")});
    std::this_thread::sleep_for(std::chrono::microseconds(us));
    program.kill();
    finish(lab);
    runs = lab.ask("whereis(zoo_a) =/= undefined.") == "true";
    if (runs) {
      CHECK(lab.ask("{gen_server:call(zoo_a, vsn), [A || {A, _, _} <- application:which_applications()]}.") ==
            R"({{"1.0.0","1.0.0"},[zoo,stdlib,kernel]})");
    } else {
      CHECK(lab.ask("lab:diff().") == "[]");
    }
  }
}

TEST_CASE("two nodes: both roll back if the client is killed while one is prepared and the other runs") {
  Lab lab;
  lab.add_node();
  lab.add(servers("zoo", "1.0.0", {"zoo_a"}));
  lab.add(servers("zoo", "2.0.0", {"zoo_a"}));
  REQUIRE(lab.start("zoo", "1.0.0").exit == 0);
  lab.ask("lab:mark().", 0);
  lab.ask("lab:mark(), lab:on({code_change, zoo_a}, {wait, ok}).", 1);
  Child program =
      lab.launch("upgrade", {"zoo", "1.0.0", "2.0.0", lab.at("zoo", "1.0.0"), lab.at("zoo", "2.0.0")});
  REQUIRE(lab.ask("lab:await_reached({code_change, zoo_a}).", 1) == "true");
  REQUIRE(lab.ask("lab:await(fun() -> application:get_key(zoo, vsn) =:= {ok, \"2.0.0\"} end).") == "true");
  std::this_thread::sleep_for(std::chrono::milliseconds(20));
  CHECK(lab.ask("is_pid(whereis(erlrc_runner)).") == "true");  // prepared
  program.kill();
  CHECK(lab.ask("lab:await_idle().") == "true");
  CHECK(lab.ask("lab:diff().") == "[]");
  lab.ask("lab:release({code_change, zoo_a}).", 1);
  CHECK(lab.ask("lab:await_idle().", 1) == "true");
  CHECK(lab.ask("lab:diff().", 1) == "[]");
}

TEST_CASE(
    "two nodes: after a kill of the client at any moment each is completely in one version, and none waits") {
  Lab lab;
  lab.add_node();
  lab.add(servers("zoo", "1.0.0", {"zoo_a"}));
  lab.add(servers("zoo", "2.0.0", {"zoo_a"}));
  const std::vector<std::string> args{"zoo", "1.0.0", "2.0.0", lab.at("zoo", "1.0.0"),
                                      lab.at("zoo", "2.0.0")};
  REQUIRE(lab.start("zoo", "1.0.0").exit == 0);
  for (int us = 0; us < 60000; us += 3000) {
    CAPTURE(us);
    Child program = lab.launch("upgrade", args);
    std::this_thread::sleep_for(std::chrono::microseconds(us));
    program.kill();
    for (const std::size_t node : {0u, 1u}) {
      finish(lab, node);
      const std::string condition = lab.condition("zoo", node);
      CHECK((condition == "old" || condition == "new"));
    }
    // A node that already runs the new version has nothing to do.
    REQUIRE(lab.run(downgrade_main, args).exit == 0);
  }
}

TEST_CASE("the outcome of a plan without a client is in the node's log") {
  Lab lab{LiveNodeOptions{}};
  lab.add(servers("zoo", "1.0.0", {"zoo_a"}));
  lab.add(servers("zoo", "2.0.0", {"zoo_a"}));
  lab.start("zoo", "1.0.0");
  lab.ask("lab:on({code_change, zoo_a}, {wait, crash}).");
  kill_inside(
      lab, lab.launch("upgrade", {"zoo", "1.0.0", "2.0.0", lab.at("zoo", "1.0.0"), lab.at("zoo", "2.0.0")}),
      "{code_change, zoo_a}");
  // The node writes its log in another process than the one that rolled back the plan.
  const auto logged = [&] {
    return lab.node().log().find("failed and the node was rolled back: code_change failed: <0.") !=
           std::string::npos;
  };
  for (int i = 0; i < 3000 && !logged(); ++i)
    std::this_thread::sleep_for(std::chrono::milliseconds(20));
  CHECK(logged());
}
