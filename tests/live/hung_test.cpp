// SPDX-License-Identifier: BSD-3-Clause
#include <filesystem>

#include <erlrc/term/text.hpp>

#include "catch.hpp"
#include "lab.hpp"

// Tests that an impossible change is found before anything changes, and that a process that does not respond,
// even the application controller, is waited for with a limit.

using namespace erlrc;
using namespace erlrc::test;

namespace {

LabRelease zoo(const std::string& vsn, const std::string& script = {}) {
  LabRelease made = servers("zoo", vsn, {"zoo_a", "zoo_b"});
  made.modules.push_back({"zoo_lib", "plain"});
  if (!script.empty()) made.appup = "{\"2.0.0\", [{\"1.0.0\", [" + script + "]}], []}.";
  return made;
}

void set_up(Lab& lab, const std::string& script = {}) {
  lab.add(zoo("1.0.0"));
  lab.add(zoo("2.0.0", script));
  REQUIRE(lab.start("zoo", "1.0.0").exit == 0);
  lab.ask("gen_server:call(zoo_a, vsn), zoo_lib:vsn(), lab:mark().");
}

/// A pool of guests with one guest.
LabRelease inn(const std::string& vsn, const std::string& appup = {}) {
  LabRelease made = servers("inn", vsn, {"inn_server"});
  made.modules[1].children.pop_back();
  made.modules[1].children +=
      ", {inn_pool, {inn_pool, start_link, []}, permanent, infinity, supervisor, [inn_pool]},"
      " {inn_once, {inn_once, start_link, []}, temporary, 2000, worker, [inn_once]}]";
  made.modules.push_back(
      {"inn_pool", "pool",
       "[{guest, {inn_guest, start_link, [first]}, permanent, 2000, worker, [inn_guest]}]"});
  made.modules.push_back({"inn_guest", "guest"});
  made.modules.push_back({"inn_once", "server"});
  made.appup = appup;
  return made;
}

std::string stop_and_start(const std::string& module) {
  return "{\"2.0.0\", [{\"1.0.0\", [{load_object_code, {inn, \"2.0.0\", [inn_server, " + module +
         "]}}, point_of_no_return, {load, {inn_server, brutal_purge, brutal_purge}}, {stop, [" + module +
         "]}, {load, {" + module + ", brutal_purge, brutal_purge}}, {start, [" + module + "]}]}], []}.";
}

}  // namespace

TEST_CASE(
    "an application controller that hangs in the middle of a plan: the plan ends and the rest is rolled "
    "back") {
  Lab lab;
  set_up(lab,
         "{load_module, zoo_lib}, {update, zoo_a, {advanced, []}},"
         " {apply, {sys, suspend, [application_controller]}}");
  const Ran ran = lab.upgrade("zoo", "1.0.0", "2.0.0", lab.limit(20));
  lab.ask("sys:resume(application_controller).");
  INFO(ran);
  // It has the keys of the new version, and only it could change them back.
  CHECK(ran.exit == 3);
  CHECK(
      ran.err.starts_with("erlrc-upgrade: NODE: broken: the application controller does not answer\n"
                          "  left: the application controller does not answer\n"));
  CHECK(lab.ask("lab:await_idle(), [K || {K, _, _} <- lab:diff()].") == "[loaded,keys,env]");
}

TEST_CASE("an application master that hangs: nothing changes") {
  Lab lab;
  set_up(lab);
  lab.ask(
      "register(lab_holder, spawn(fun() -> erlang:suspend_process(application_controller:get_master(zoo)),"
      "  receive stop -> ok end end)), lab:await(fun() -> {status, suspended} =:="
      "  process_info(application_controller:get_master(zoo), status) end).");
  const Ran ran = lab.upgrade("zoo", "1.0.0", "2.0.0", lab.limit(4));
  lab.ask("lab_holder ! stop.");
  CHECK(ran == Ran{1, "", "erlrc-upgrade: NODE: refused: the master of application zoo does not answer\n"});
  CHECK(lab.ask("lab:diff_at_last().") == "[]");
}

TEST_CASE("children that can be stopped, but not restarted, are found before anything changes") {
  Lab lab;
  lab.add(inn("1.0.0"));
  lab.add(inn("2.0.0", stop_and_start("inn_guest")));
  REQUIRE(lab.start("inn", "1.0.0").exit == 0);
  lab.ask("{ok, _} = supervisor:start_child(inn_pool, [infinity]), lab:mark().");
  const Ran ran = lab.upgrade("inn", "1.0.0", "2.0.0");
  CHECK(ran.exit == 1);
  CHECK(ran.err.starts_with(
      "erlrc-upgrade: NODE: refused: could be stopped, but not started again as they were: <0."));
  CHECK(ran.err.find("child undefined of inn_pool child inn_pool of inn_sup") != std::string::npos);
  CHECK(lab.ask("lab:diff().") == "[]");
}

TEST_CASE("a temporary child that an appup stops and starts exists again") {
  Lab lab;
  lab.add(inn("1.0.0"));
  lab.add(inn("2.0.0", stop_and_start("inn_once")));
  REQUIRE(lab.start("inn", "1.0.0").exit == 0);
  const Ran ran = lab.upgrade("inn", "1.0.0", "2.0.0");
  INFO(ran);
  CHECK(ran.exit == 0);
  CHECK(lab.ask("gen_server:call(inn_once, vsn).") == R"({"2.0.0","2.0.0"})");
}

TEST_CASE("a start over modules whose files are missing is refused before anything changes") {
  Lab lab;
  lab.add(zoo("1.0.0"));
  lab.add(zoo("2.0.0"));
  lab.ask("{module, _} = code:load_abs(\"" + lab.at("zoo", "1.0.0") + "/ebin/zoo_lib\").");
  std::filesystem::remove_all(lab.at("zoo", "1.0.0"));
  lab.ask("lab:mark().");
  CHECK(lab.start("zoo", "2.0.0") ==
        Ran{1, "",
            "erlrc-start: NODE: refused: the code that runs is not in any file, so that it could not be "
            "rolled back to: zoo_lib\n"});
  CHECK(lab.ask("lab:diff().") == "[]");
}

TEST_CASE("a failed config_change is called again when the old configuration is restored") {
  Lab lab;
  set_up(lab);
  lab.ask("lab:on({config_change, zoo}, crash, 1).");
  CHECK(lab.upgrade("zoo", "1.0.0", "2.0.0").exit == 1);
  CHECK(lab.ask("[C || C <- lab:calls(), element(1, C) =:= config_change].") ==
        R"([{config_change,zoo,[{of_vsn,"2.0.0"}],[],[]},{config_change,zoo,[{of_vsn,"1.0.0"}],[],[]}])");
  CHECK(lab.ask("lab:diff().") == "[]");
}

TEST_CASE("a failing call of the appup is named, even of a built-in function") {
  Lab lab;
  const auto [call, reason] =
      GENERATE(table<std::string, std::string>({{"{erlang, hd, [[]]}", "erlang:hd/1: badarg"},
                                                {"{erlang, error, [no]}", "erlang:error/1: no"},
                                                {"{erlang, exit, [no]}", "erlang:exit/1: exit no"},
                                                {"{no_such_module, f, []}", "no_such_module:f/0: undef"}}));
  set_up(lab, "{load_module, zoo_lib}, {apply, " + call + "}");
  const Ran ran = lab.upgrade("zoo", "1.0.0", "2.0.0");
  CHECK(ran.exit == 1);
  CHECK(ran.err.starts_with("erlrc-upgrade: NODE: rolled_back: " + reason + "\n"));
  CHECK(lab.ask("lab:diff().") == "[]");
}

TEST_CASE("a change that needs a restart is reported as such, in text and in JSON") {
  Lab lab;
  const std::string instruction =
      GENERATE("restart_new_emulator", "restart_emulator", "{sync_nodes, id, [other@host]}");
  set_up(lab, "{load_module, zoo_lib}, " + instruction);
  const Ran text = lab.upgrade("zoo", "1.0.0", "2.0.0");
  CHECK(text.exit == 1);
  CHECK(text.err.starts_with("erlrc-upgrade: NODE: needs_restart: its appup asks for "));
  const Ran json = lab.upgrade("zoo", "1.0.0", "2.0.0", {"--json"});
  CHECK(json.exit == 1);
  CHECK(json.out.find(R"("outcome":"refused","word":"needs_restart")") != std::string::npos);
  CHECK(lab.ask("lab:diff().") == "[]");
}

TEST_CASE("sync_nodes with only the node itself needs no restart") {
  Lab lab;
  set_up(lab,
         "{load_module, zoo_lib}, {sync_nodes, id, [" + print_term(lab.node().evaluate("node().")) + "]}");
  CHECK(lab.upgrade("zoo", "1.0.0", "2.0.0").exit == 0);
}
