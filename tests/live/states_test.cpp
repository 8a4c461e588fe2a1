// SPDX-License-Identifier: BSD-3-Clause
#include "catch.hpp"
#include "lab.hpp"
#include "zoo.hpp"

// Tests that no upgrade ends with a process whose state the new code cannot have, whatever code_change
// returns.

using namespace erlrc;
using namespace erlrc::test;

namespace {

const std::string record =
    "-if(?VSN =:= \"1.0.0\").\n-record(state, {n = 0}).\n-else.\n-record(state, {n = 0, more = none}).\n"
    "-endif.\n";

/// `convert` is the body of code_change, with the state in S; `also`, a clause of handle_call.
std::string server(Lab& lab, const std::string& convert, const std::string& also = "") {
  lab.dir().write("kinds/holder.erl",
                  "-module(MODULE).\n-behaviour(gen_server).\n-vsn(?VSN).\n"
                  "-export([start_link/0, init/1, handle_call/3, handle_cast/2, code_change/3]).\n" +
                      record +
                      "start_link() -> gen_server:start_link({local, ?MODULE}, ?MODULE, [], []).\n"
                      "init([]) -> {ok, #state{n = 1}}.\n" +
                      also + "handle_call(n, _, #state{n = N} = S) -> {reply, N, S}.\n" +
                      "handle_cast(_, S) -> {noreply, S}.\ncode_change(_, S, _) -> " + convert + ".\n");
  return (lab.dir() / "kinds/holder").string();
}

std::string statem(Lab& lab) {
  lab.dir().write(
      "kinds/holder.erl",
      "-module(MODULE).\n-behaviour(gen_statem).\n-vsn(?VSN).\n"
      "-export([start_link/0, init/1, callback_mode/0, handle_event/4, code_change/4]).\n" +
          record +
          "start_link() -> gen_statem:start_link({local, ?MODULE}, ?MODULE, [], []).\n"
          "callback_mode() -> handle_event_function.\ninit([]) -> {ok, open, #state{n = 1}}.\n"
          "handle_event({call, F}, n, _, #state{n = N}) -> {keep_state_and_data, {reply, F, N}}.\n"
          "code_change(_, N, S, _) -> {ok, N, S}.\n");
  return (lab.dir() / "kinds/holder").string();
}

std::string event(Lab& lab) {
  lab.dir().write("kinds/holder.erl",
                  "-module(MODULE).\n-behaviour(gen_event).\n-vsn(?VSN).\n"
                  "-export([start_link/0, init/1, handle_call/2, handle_event/2, code_change/3]).\n" +
                      record +
                      "start_link() -> {ok, P} = gen_event:start_link({local, ?MODULE}),\n"
                      "  ok = gen_event:add_handler(P, ?MODULE, []), {ok, P}.\n"
                      "init([]) -> {ok, #state{n = 1}}.\nhandle_call(n, #state{n = N} = S) -> {ok, N, S}.\n"
                      "handle_event(_, S) -> {ok, S}.\ncode_change(_, S, _) -> {ok, S}.\n");
  return (lab.dir() / "kinds/holder").string();
}

/// A struct, as Elixir compiles it.
std::string with_struct(Lab& lab) {
  lab.dir().write("kinds/holder.erl",
                  "-module(MODULE).\n-behaviour(gen_server).\n-vsn(?VSN).\n"
                  "-export([start_link/0, init/1, handle_call/3, handle_cast/2, code_change/3, "
                  "'__struct__'/0]).\n-if(?VSN =:= \"1.0.0\").\n"
                  "'__struct__'() -> #{'__struct__' => ?MODULE, n => 1}.\n-else.\n"
                  "'__struct__'() -> #{'__struct__' => ?MODULE, n => 1, more => none}.\n-endif.\n"
                  "start_link() -> gen_server:start_link({local, ?MODULE}, ?MODULE, [], []).\n"
                  "init([]) -> {ok, '__struct__'()}.\n"
                  "handle_call(n, _, #{n := N} = S) -> {reply, N, S}.\n"
                  "handle_cast(_, S) -> {noreply, S}.\ncode_change(_, S, _) -> {ok, S}.\n");
  return (lab.dir() / "kinds/holder").string();
}

const std::string one_field = "zoo_rec, whose record state has 1 field where the new code has 2 fields";

}  // namespace

TEST_CASE("states: a code_change that passes on what it gets is refused before anything changes") {
  Lab lab;
  const auto [behaviour, why] = GENERATE(table<std::string, std::string>(
      {{"server", one_field},
       {"statem", one_field},
       {"event", one_field},
       {"struct", "zoo_rec, whose struct has no key more, which the new code has"}}));
  CAPTURE(behaviour);
  start_keeper(lab, behaviour == "server"   ? server(lab, "{ok, S}")
                    : behaviour == "statem" ? statem(lab)
                    : behaviour == "event"  ? event(lab)
                                            : with_struct(lab));
  const Ran rehearsed = lab.upgrade("zoo", "1.0.0", "2.0.0", {"--rehearse"});
  INFO(rehearsed);
  CHECK(rehearsed.exit == 1);
  CHECK(has(rehearsed.out + rehearsed.err, why));
  const Ran ran = lab.upgrade("zoo", "1.0.0", "2.0.0");
  INFO(ran);
  CHECK(ran.exit == 1);
  CHECK(has(ran.err, "refused: nothing converts states: 1 of "));
  CHECK(has(ran.err, why));
  CHECK(lab.ask("lab:diff().") == "[]");
}

TEST_CASE("states: a code_change that converts nothing is rolled back, and found by the rehearsal") {
  Lab lab;
  start_keeper(lab, server(lab, "{ok, case S of {state, 7} -> {state, 7, none}; _ -> S end}"));
  const Ran rehearsed = lab.upgrade("zoo", "1.0.0", "2.0.0", {"--rehearse"});
  INFO(rehearsed);
  CHECK(rehearsed.exit == 1);
  CHECK(has(rehearsed.out + rehearsed.err, one_field));
  const Ran ran = lab.upgrade("zoo", "1.0.0", "2.0.0");
  INFO(ran);
  CHECK(ran.exit == 1);
  CHECK(has(ran.err, "rolled_back: code_change has not converted states: 1 of " + one_field));
  CHECK(lab.ask("lab:diff().") == "[]");
}

TEST_CASE("states: a record next to something else is compared, in each of many processes") {
  Lab lab;
  lab.dir().write("kinds/holder.erl",
                  "-module(MODULE).\n-behaviour(gen_server).\n-vsn(?VSN).\n"
                  "-export([start_link/0, init/1, handle_call/3, handle_cast/2, code_change/3]).\n" +
                      record +
                      "start_link() -> gen_server:start_link({local, ?MODULE}, ?MODULE, [], []).\n"
                      "init([]) -> {ok, {idle, none}}.\n"
                      "handle_call(n, _, {connected, #state{n = N}} = S) -> {reply, N, S};\n"
                      "handle_call(n, _, S) -> {reply, 0, S}.\n"
                      "handle_cast(_, S) -> {noreply, S}.\ncode_change(_, S, _) -> {ok, S}.\n");
  start_keeper(lab, (lab.dir() / "kinds/holder").string());
  lab.ask(
      "Pids = [element(2, gen_server:start(zoo_rec, [], [])) || _ <- lists:seq(1, 300)],"
      " sys:replace_state(lists:nth(150, Pids), fun(_) -> {connected, {state, 7}} end).");
  const Ran ran = lab.upgrade("zoo", "1.0.0", "2.0.0");
  INFO(ran);
  CHECK(ran.exit == 1);
  CHECK(has(ran.err, "refused: nothing converts states: 1 of " + one_field));
  lab.ask(
      "[exit(P, kill) || P <- processes(), {zoo_rec, init, 1} =:= proc_lib:translate_initial_call(P),"
      " P =/= whereis(zoo_rec)].");
}

TEST_CASE("states: a handler whose module is named as its record is not taken for that") {
  Lab lab;
  lab.dir().write(
      "kinds/holder.erl",
      "-module(MODULE).\n-behaviour(gen_event).\n-vsn(?VSN).\n"
      "-export([start_link/0, init/1, handle_call/2, handle_event/2, code_change/3]).\n"
      "-if(?VSN =:= \"1.0.0\").\n-record(?MODULE, {n, m}).\n-else.\n-record(?MODULE, {n, m, more}).\n"
      "-endif.\n"
      "start_link() -> {ok, P} = gen_event:start_link({local, ?MODULE}),\n"
      "  ok = gen_event:add_handler(P, ?MODULE, []), {ok, P}.\n"
      "init([]) -> {ok, #?MODULE{n = 1}}.\nhandle_call(n, #?MODULE{n = N} = S) -> {ok, N, S}.\n"
      "handle_event(_, S) -> {ok, S}.\n"
      "code_change(_, {M, N, O}, _) -> {ok, {M, N, O, none}};\n"
      "code_change(_, {M, N, O, _}, _) -> {ok, {M, N, O}}.\n");
  start_keeper(lab, (lab.dir() / "kinds/holder").string());
  const Ran ran = lab.upgrade("zoo", "1.0.0", "2.0.0");
  INFO(ran);
  CHECK(ran.exit == 0);
  CHECK(lab.ask("gen_event:call(zoo_rec, zoo_rec, n).") == "1");
}

TEST_CASE("states: that of a process that does not answer counts as one that nothing converts") {
  Lab lab;
  start_keeper(lab, server(lab, "{ok, S}", "handle_call(wait, _, S) -> receive go -> {reply, ok, S} end;\n"),
               "[{load_module, zoo_rec}]");
  lab.ask("spawn(fun() -> gen_server:call(zoo_rec, wait, infinity) end), ok.");
  const Ran ran = lab.upgrade("zoo", "1.0.0", "2.0.0");
  INFO(ran);
  CHECK(ran.exit == 1);
  CHECK(has(ran.err, "1 of zoo_rec, whose state could not be compared: it did not answer: "));
  lab.ask("zoo_rec ! go, gen_server:call(zoo_rec, n).");
  CHECK(lab.upgrade("zoo", "1.0.0", "2.0.0").exit == 1);
}

TEST_CASE("states: a code_change that converts the record is an upgrade, and a downgrade") {
  Lab lab;
  start_keeper(
      lab, server(lab, "{ok, case S of {state, N} -> {state, N, none}; {state, N, _} -> {state, N} end}"));
  CHECK(lab.upgrade("zoo", "1.0.0", "2.0.0", {"--rehearse"}).exit == 0);
  CHECK(lab.upgrade("zoo", "1.0.0", "2.0.0").exit == 0);
  CHECK(lab.ask("sys:get_state(zoo_rec).") == "{state,1,none}");
  CHECK(lab.downgrade("zoo", "1.0.0", "2.0.0").exit == 0);
  CHECK(lab.ask("sys:get_state(zoo_rec).") == "{state,1}");
}

TEST_CASE("states: a code_change that only converts upwards does not go down") {
  Lab lab;
  start_keeper(lab, server(lab, "{ok, case S of {state, N} -> {state, N, none}; _ -> S end}"));
  REQUIRE(lab.upgrade("zoo", "1.0.0", "2.0.0").exit == 0);
  lab.ask("lab:mark().");
  const Ran ran = lab.downgrade("zoo", "1.0.0", "2.0.0");
  INFO(ran);
  CHECK(ran.exit == 1);
  CHECK(has(ran.err, "zoo_rec, whose record state has 2 fields where the new code has 1 field"));
  CHECK(lab.ask("lab:diff().") == "[]");
}

TEST_CASE("states: code that still handles the earlier record may have it") {
  Lab lab;
  start_keeper(lab, server(lab, "{ok, S}", "handle_call(n, _, {state, N} = S) -> {reply, N, S};\n"));
  const Ran ran = lab.upgrade("zoo", "1.0.0", "2.0.0");
  INFO(ran);
  CHECK(ran.exit == 0);
  CHECK(lab.ask("gen_server:call(zoo_rec, n).") == "1");
}

TEST_CASE(
    "states: a changed record of a module that the appup only loads is refused before anything changes") {
  Lab lab;
  start_keeper(lab, server(lab, "{ok, S}"), "[{load_module, zoo_rec}]");
  const Ran rehearsed = lab.upgrade("zoo", "1.0.0", "2.0.0", {"--rehearse"});
  INFO(rehearsed);
  CHECK(rehearsed.exit == 1);
  CHECK(has(rehearsed.out + rehearsed.err, one_field));
  const Ran ran = lab.upgrade("zoo", "1.0.0", "2.0.0");
  INFO(ran);
  CHECK(ran.exit == 1);
  CHECK(has(ran.err, "refused: nothing converts states: 1 of "));
  CHECK(has(ran.err, one_field));
  CHECK(lab.ask("lab:diff().") == "[]");
  const Ran reported = lab.upgrade("zoo", "1.0.0", "2.0.0", {"--records=report"});
  INFO(reported);
  CHECK(reported.exit == 0);
  CHECK(has(reported.out + reported.err, one_field));
}

TEST_CASE("states: what a library keeps of a module in its own state is compared, too") {
  Lab lab;
  start_keeper(lab, server(lab, "{ok, {state, 1, none}}"));
  lab.ask(
      "sys:replace_state(zoo_keep, fun(S) -> S#{has => [{stream, zoo_rec, {state, 7}}]} end), lab:mark().");
  const Ran ran = lab.upgrade("zoo", "1.0.0", "2.0.0");
  INFO(ran);
  CHECK(ran.exit == 1);
  CHECK(has(ran.err, "rolled_back: code_change has not converted states: 1 of "));
  CHECK(has(ran.err, "zoo_keep"));
  CHECK(has(ran.err, one_field));
  CHECK(lab.ask("lab:diff().") == "[]");
  lab.ask("sys:replace_state(zoo_keep, fun(S) -> maps:remove(has, S) end).");
  CHECK(lab.upgrade("zoo", "1.0.0", "2.0.0").exit == 0);
}

TEST_CASE("states: what an unconverted process keeps of a module is refused before anything changes") {
  Lab lab;
  start_keeper(lab, server(lab, "{ok, {state, 1, none}}"));
  lab.add(servers("durable", "1.0.0", {"durable_child"}));
  REQUIRE(lab.start("durable", "1.0.0").exit == 0);
  lab.ask("sys:replace_state(durable_child, fun(S) -> S#{own => {zoo_rec, {state, 7}}} end), lab:mark().");
  const Ran rehearsed = lab.upgrade("zoo", "1.0.0", "2.0.0", {"--rehearse"});
  INFO(rehearsed);
  CHECK(rehearsed.exit == 1);
  CHECK(has(rehearsed.out + rehearsed.err, "durable_child"));
  const Ran ran = lab.upgrade("zoo", "1.0.0", "2.0.0");
  INFO(ran);
  CHECK(ran.exit == 1);
  CHECK(has(ran.err, "refused: nothing converts states: 1 of " + one_field));
  CHECK(has(ran.err, "durable_child"));
  CHECK(lab.ask("lab:diff().") == "[]");
}

TEST_CASE("states: what release_handler has converted is compared, too") {
  Lab lab;
  start_keeper(lab, server(lab, "{ok, case S of {state, 7} -> {state, 7, none}; _ -> S end}"));
  const Ran ran = lab.upgrade("zoo", "1.0.0", "2.0.0", {"--engine=otp"});
  INFO(ran);
  CHECK(ran.exit == 1);
  CHECK(has(ran.err, "rolled_back: code_change has not converted states: 1 of " + one_field));
  CHECK(lab.ask("lab:diff().") == "[]");
}

TEST_CASE("states: a map is converted by another code_change although its author has kept the vsn") {
  Lab lab;
  lab.dir().write("kinds/kept.erl",
                  "-module(MODULE).\n-behaviour(gen_server).\n-vsn(\"1\").\n"
                  "-export([start_link/0, init/1, handle_call/3, handle_cast/2, code_change/3, vsn/0]).\n"
                  "start_link() -> gen_server:start_link({local, ?MODULE}, ?MODULE, [], []).\n"
                  "init([]) -> {ok, #{n => 1}}.\n"
                  "handle_call(state, _, S) -> {reply, S, S}.\n"
                  "handle_cast(_, S) -> {noreply, S}.\n"
                  "-if(?VSN =:= \"1.0.0\").\n"
                  "code_change(_, S, _) -> {ok, S}.\n"
                  "-else.\n"
                  "code_change({down, _}, S, _) -> {ok, maps:remove(more, S)};\n"
                  "code_change(_, S, _) -> {ok, more(S)}.\n"
                  "more(S) -> maps:update_with(more, fun(Times) -> Times + 1 end, 1, S).\n"
                  "-endif.\nvsn() -> ?VSN.\n");
  for (const std::string vsn : {"1.0.0", "2.0.0", "3.0.0"}) {
    LabRelease made = servers("zoo", vsn, {"zoo_kept"});
    made.modules.back().kind = (lab.dir() / "kinds/kept").string();
    lab.add(made);
  }
  REQUIRE(lab.start("zoo", "1.0.0").exit == 0);
  const std::string state = "gen_server:call(zoo_kept, state).";
  CHECK(lab.upgrade("zoo", "1.0.0", "2.0.0").exit == 0);
  CHECK(lab.ask(state) == "#{more => 1,n => 1}");
  // The same code_change would convert what it has converted.
  CHECK(lab.upgrade("zoo", "2.0.0", "3.0.0").exit == 0);
  CHECK(lab.ask("zoo_kept:vsn().") == "\"3.0.0\"");
  CHECK(lab.ask(state) == "#{more => 1,n => 1}");
  CHECK(lab.downgrade("zoo", "2.0.0", "3.0.0").exit == 0);
  CHECK(lab.downgrade("zoo", "1.0.0", "2.0.0").exit == 0);
  CHECK(lab.ask(state) == "#{n => 1}");
}

TEST_CASE("states: what the loop of a special process keeps is compared, whatever module has started it") {
  Lab lab;
  const auto [convert, how] = GENERATE(table<std::string, std::string>(
      {{"{ok, Misc}", "refused: nothing converts states: 1 of "},
       {"{ok, case Misc of {{state, 7}, B} -> {{state, 7, none}, B}; _ -> Misc end}",
        "rolled_back: code_change has not converted states: 1 of "}}));
  CAPTURE(convert);
  lab.dir().write("kinds/holder.erl",
                  "-module(MODULE).\n-vsn(?VSN).\n"
                  "-export([start_link/0, serve/1, loop/2, system_continue/3, system_terminate/4, "
                  "system_code_change/4]).\n" +
                      record +
                      "start_link() -> proc_lib:start_link(erlang, apply, [?MODULE, serve, [self()]]).\n"
                      "serve(Parent) -> register(?MODULE, self()), proc_lib:init_ack(Parent, {ok, self()}),\n"
                      "  loop(#state{n = 1}, <<>>).\n"
                      "loop(#state{n = N} = S, Buffer) ->\n"
                      "  receive\n"
                      "    {system, From, What} ->\n"
                      "      sys:handle_system_msg(What, From, whereis(zoo_sup), ?MODULE, [], {S, Buffer});\n"
                      "    {n, From} -> From ! N, ?MODULE:loop(S, Buffer)\n"
                      "  end.\n"
                      "system_continue(_, _, {S, Buffer}) -> ?MODULE:loop(S, Buffer).\n"
                      "system_terminate(Reason, _, _, _) -> exit(Reason).\n"
                      "system_code_change(Misc, _, _, _) -> " +
                      convert + ".\n");
  start_keeper(lab, (lab.dir() / "kinds/holder").string());
  const Ran ran = lab.upgrade("zoo", "1.0.0", "2.0.0");
  INFO(ran);
  CHECK(ran.exit == 1);
  CHECK(has(ran.err, how + one_field));
  CHECK(lab.ask("lab:diff().") == "[]");
  CHECK(lab.ask("zoo_rec ! {n, self()}, receive N -> N after 60000 -> none end.") == "1");
}
