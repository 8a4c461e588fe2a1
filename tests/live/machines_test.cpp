// SPDX-License-Identifier: BSD-3-Clause
#include "catch.hpp"
#include "lab.hpp"
#include "zoo.hpp"

// Tests state machines that lose the function of their state, and servers that become state machines.

using namespace erlrc;
using namespace erlrc::test;

namespace {

/// A state machine in the state `open`. In version 2.0.0 it has the state `closed` only, or handle_event.
std::string machine(Lab& lab, const std::string& code_change, const std::string& later) {
  lab.dir().write(
      "kinds/machine.erl",
      "-module(MODULE).\n-behaviour(gen_statem).\n-vsn(?VSN).\n-compile(export_all).\n"
      "start_link() -> gen_statem:start_link({local, ?MODULE}, ?MODULE, [], []).\n"
      "code_change(_, State, Data, _) -> " +
          code_change +
          ".\nreply({call, F}, n, N) -> {keep_state_and_data, {reply, F, N}}.\n"
          "-if(?VSN =:= \"1.0.0\").\ninit([]) -> {ok, open, 1}.\ncallback_mode() -> state_functions.\n"
          "open(Type, Event, N) -> reply(Type, Event, N).\n-else.\n" +
          later + "\n-endif.\n");
  return (lab.dir() / "kinds/machine").string();
}

const std::string closed =
    "init([]) -> {ok, closed, 1}.\ncallback_mode() -> state_functions.\n"
    "closed(Type, Event, N) -> reply(Type, Event, N).\n";

}  // namespace

TEST_CASE("machines: a state machine that code_change leaves in a state without a function is rolled back") {
  Lab lab;
  start_keeper(lab, machine(lab, "{ok, State, Data + 0}", closed));
  const Ran ran = lab.upgrade("zoo", "1.0.0", "2.0.0");
  INFO(ran);
  CHECK(ran.exit == 1);
  CHECK(has(ran.err, "processes that the new code cannot serve: 1 of zoo_rec, which loses open/3: "));
  CHECK(lab.ask("lab:diff().") == "[]");
  CHECK(lab.ask("gen_statem:call(zoo_rec, n).") == "1");
}

TEST_CASE("machines: a state machine that does not answer may be in a state without a function") {
  Lab lab;
  start_keeper(lab, machine(lab, "{ok, State, Data}", closed), "[{load_module, zoo_rec}]");
  lab.ask(
      "sys:replace_state(zoo_rec, fun(S) -> S end), spawn(fun() -> sys:replace_state(zoo_rec,"
      " fun(S) -> receive go -> S end end, infinity) end), ok.");
  const Ran ran = lab.upgrade("zoo", "1.0.0", "2.0.0");
  INFO(ran);
  CHECK(ran.exit == 1);
  CHECK(has(ran.err, "processes that the new code cannot serve: 1 of zoo_rec, which loses open/3: "));
  lab.ask("zoo_rec ! go.");
  CHECK(lab.ask("gen_statem:call(zoo_rec, n).") == "1");
}

TEST_CASE("machines: a state machine that changes its state, or its mode, is upgraded") {
  Lab lab;
  SECTION("its state") {
    start_keeper(lab, machine(lab, "{ok, case State of open -> closed; _ -> State end, Data}", closed));
  }
  SECTION("its mode") {
    start_keeper(lab, machine(lab, "{ok, State, Data}",
                              "init([]) -> {ok, open, 1}.\ncallback_mode() -> handle_event_function.\n"
                              "handle_event(Type, Event, _, N) -> reply(Type, Event, N).\n"));
  }
  const Ran ran = lab.upgrade("zoo", "1.0.0", "2.0.0");
  INFO(ran);
  CHECK(ran.exit == 0);
  CHECK(lab.ask("gen_statem:call(zoo_rec, n).") == "1");
}

namespace {

/// A server in version 1.0.0, and what `later` is in 2.0.0.
std::string turning(Lab& lab, const std::string& later) {
  lab.dir().write("kinds/turning.erl",
                  "-module(MODULE).\n-vsn(?VSN).\n-if(?VSN =:= \"1.0.0\").\n-behaviour(gen_server).\n"
                  "-export([start_link/0, init/1, handle_call/3, handle_cast/2]).\n"
                  "start_link() -> gen_server:start_link({local, ?MODULE}, ?MODULE, [], []).\n"
                  "init([]) -> {ok, 1}.\nhandle_call(n, _, S) -> {reply, S, S}.\n"
                  "handle_cast(_, S) -> {noreply, S}.\n-else.\n" +
                      later + "-endif.\n");
  return (lab.dir() / "kinds/turning").string();
}

const std::string as_statem =
    "-behaviour(gen_statem).\n-export([start_link/0, init/1, callback_mode/0, handle_event/4]).\n"
    "start_link() -> gen_statem:start_link({local, ?MODULE}, ?MODULE, [], []).\n"
    "init([]) -> {ok, open, 1}.\ncallback_mode() -> handle_event_function.\n"
    "handle_event({call, F}, n, _, N) -> {keep_state_and_data, {reply, F, N}}.\n";

}  // namespace

TEST_CASE("machines: a server becomes another behaviour if the appup has it stopped and started again") {
  Lab lab;
  start_keeper(lab, turning(lab, as_statem),
               "[{load_object_code, {zoo, \"2.0.0\", [zoo_rec]}}, point_of_no_return, {stop, [zoo_rec]},"
               " {load, {zoo_rec, brutal_purge, brutal_purge}}, {start, [zoo_rec]}]");
  const std::string pid = lab.pid_of("zoo_rec");
  const Ran ran = lab.upgrade("zoo", "1.0.0", "2.0.0");
  INFO(ran);
  CHECK(ran.exit == 0);
  CHECK(has(ran.out, "  remark: to be stopped by the appup, so that what they know is lost: 1 process: " +
                         pid + " zoo_rec in gen_server:loop/"));
  CHECK(lab.ask("gen_statem:call(zoo_rec, n).") == "1");
}

namespace {

/// A state machine that counts, with another callback mode in each version.
std::string with_modes(Lab& lab, const std::string& first, const std::string& second) {
  const auto functions = [](const std::string& mode) {
    return mode == "handle_event_function"
               ? "handle_event({call, F}, n, open, N) -> {keep_state, N + 1, {reply, F, N}}.\n"
           : mode == "state_functions" ? "open({call, F}, n, N) -> {keep_state, N + 1, {reply, F, N}}.\n"
                                       : "open(enter, _, _) -> keep_state_and_data;\n"
                                         "open({call, F}, n, N) -> {repeat_state, N + 1, {reply, F, N}}.\n";
  };
  lab.dir().write(
      "kinds/modes.erl",
      "-module(MODULE).\n-behaviour(gen_statem).\n-vsn(?VSN).\n-compile([export_all, nowarn_export_all]).\n"
      "start_link() -> gen_statem:start_link({local, ?MODULE}, ?MODULE, [], []).\n"
      "init([]) -> {ok, open, 1}.\n"
      "code_change(_, _, crash, _) -> error(on_purpose);\ncode_change(_, S, N, _) -> {ok, S, N + 0}.\n"
      "-if(?VSN =:= \"1.0.0\").\ncallback_mode() -> " +
          first + ".\n" + functions(first) + "-else.\ncallback_mode() -> " + second + ".\n" +
          functions(second) + "-endif.\n");
  return (lab.dir() / "kinds/modes").string();
}

const std::string with_enter = "[state_functions, state_enter]";

}  // namespace

TEST_CASE("machines: a downgrade gives them the callback mode of the version to come, and their state back") {
  Lab lab;
  const auto [first, second] = GENERATE(table<std::string, std::string>(
      {{"state_functions", "handle_event_function"}, {"state_functions", with_enter}}));
  CAPTURE(second);
  start_keeper(lab, with_modes(lab, first, second));
  REQUIRE(lab.upgrade("zoo", "1.0.0", "2.0.0").exit == 0);
  CHECK(lab.ask("gen_statem:call(zoo_rec, n).") == "1");
  SECTION("down") {
    const Ran ran = lab.downgrade("zoo", "1.0.0", "2.0.0");
    INFO(ran);
    CHECK(ran.exit == 0);
    CHECK(lab.ask("[gen_statem:call(zoo_rec, n) || _ <- [1, 2]].") == "[2,3]");
    CHECK(lab.upgrade("zoo", "1.0.0", "2.0.0").exit == 0);
    CHECK(lab.ask("[gen_statem:call(zoo_rec, n) || _ <- [1, 2]].") == "[4,5]");
  }
  SECTION("down, with a later failure") {
    lab.ask("lab:mark().");
    const std::string appup =
        "{\"2.0.0\", [{\"1.0.0\", []}], [{\"1.0.0\", [{update, zoo_rec, {advanced, []}},"
        " {apply, {erlang, error, [late]}}]}]}.";
    lab.dir().write("zoo-2.0.0/ebin/zoo.appup", appup);
    const Ran ran = lab.downgrade("zoo", "1.0.0", "2.0.0");
    INFO(ran);
    CHECK(ran.exit == 1);
    CHECK(lab.ask("lab:diff().") == "[]");
    CHECK(lab.ask("[gen_statem:call(zoo_rec, n) || _ <- [1, 2]].") == "[2,3]");
  }
}

TEST_CASE("machines: a state that no version has is found whatever else the version changes") {
  Lab lab;
  lab.dir().write(
      "kinds/machine.erl",
      "-module(MODULE).\n-behaviour(gen_statem).\n-vsn(?VSN).\n-compile([export_all, nowarn_export_all]).\n"
      "start_link() -> gen_statem:start_link({local, ?MODULE}, ?MODULE, [], []).\n"
      "init([]) -> {ok, open, 1}.\ncallback_mode() -> state_functions.\n"
      "open({call, F}, n, N) -> {keep_state_and_data, {reply, F, N}}.\n"
      "code_change(_, _, N, _) when ?VSN =:= \"2.0.0\" -> {ok, opne, N};\n"
      "code_change(_, S, N, _) -> {ok, S, N}.\n");
  start_keeper(lab, (lab.dir() / "kinds/machine").string());
  const Ran ran = lab.upgrade("zoo", "1.0.0", "2.0.0");
  INFO(ran);
  CHECK(ran.exit == 1);
  CHECK(has(ran.err,
            "rolled_back: processes that the new code cannot serve: 1 of zoo_rec, which loses opne/3"));
  CHECK(lab.ask("gen_statem:call(zoo_rec, n).") == "1");
}

TEST_CASE("machines: a helper function is not taken for that of the other callback mode") {
  Lab lab;
  lab.dir().write(
      "kinds/machine.erl",
      "-module(MODULE).\n-behaviour(gen_statem).\n-vsn(?VSN).\n-compile([export_all, nowarn_export_all]).\n"
      "start_link() -> gen_statem:start_link({local, ?MODULE}, ?MODULE, [], []).\n"
      "callback_mode() -> state_functions.\nhandle_event(_, _, _, _) -> keep_state_and_data.\n"
      "-if(?VSN =:= \"1.0.0\").\ninit([]) -> {ok, open, 1}.\nopen(_, _, _) -> keep_state_and_data.\n"
      "-else.\ninit([]) -> {ok, closed, 1}.\nclosed(_, _, _) -> keep_state_and_data.\n-endif.\n");
  start_keeper(lab, (lab.dir() / "kinds/machine").string(), "[{load_module, zoo_rec}]");
  const Ran ran = lab.upgrade("zoo", "1.0.0", "2.0.0");
  INFO(ran);
  CHECK(ran.exit == 1);
  CHECK(has(ran.err, "processes that the new code cannot serve: 1 of zoo_rec, which loses open/3: "));
}
