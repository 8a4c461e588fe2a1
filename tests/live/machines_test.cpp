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
