// SPDX-License-Identifier: BSD-3-Clause
#include <erlrc/sys/file.hpp>

#include "catch.hpp"
#include "lab.hpp"
#include "paths.hpp"

// Tests that what a process is found to be does not depend on the moment at which an upgrade looks at it: it
// may be busy with something else, and become something else between two attempts.

using namespace erlrc;
using namespace erlrc::test;

namespace {

/// A gen_server, and a special process. Both can be kept busy.
std::string busy_server(Lab& lab) {
  lab.dir().write("kinds/busy.erl",
                  "-module(MODULE).\n-behaviour(gen_server).\n-vsn(?VSN).\n"
                  "-export([init/1, handle_call/3, handle_cast/2, code_change/3]).\n"
                  "init([]) -> {ok, #{vsn => ?VSN}}.\n"
                  "handle_call(vsn, _, #{vsn := Vsn} = State) -> {reply, {?VSN, Vsn}, State}.\n"
                  "handle_cast({run, Fun}, State) -> Fun(), {noreply, State}.\n"
                  "code_change(Old, State, Extra) ->\n"
                  "  lab:change(?MODULE, Old, Extra, {ok, State#{vsn := ?VSN}}).\n");
  return (lab.dir() / "kinds/busy").string();
}

std::string busy_special(Lab& lab) {
  std::string source = read_file(in_source("tests/live/lab/special.erl"));
  const std::string clause = "        {vsn, From} ->";
  source.insert(source.find(clause),
                "        {run, Fun} -> Fun(), ?MODULE:loop(Parent, State);\n"
                "        await -> go = await(), ?MODULE:loop(Parent, State);\n");
  lab.dir().write("kinds/busy_special.erl", source + "await() -> receive go -> go end.\n");
  return (lab.dir() / "kinds/busy_special").string();
}

LabRelease zoo(Lab& lab, const std::string& vsn) {
  LabRelease made = servers("zoo", vsn, {"zoo_srv"});
  made.modules.push_back({"zoo_ev", "event"});
  made.modules.push_back({"zoo_conn", busy_server(lab)});
  made.modules.push_back({"zoo_special", busy_special(lab)});
  return made;
}

/// Both versions; if `hooked`, the appup calls a hook after the checks, before any process is suspended.
void set_up(Lab& lab, bool hooked) {
  LabRelease later = zoo(lab, "2.0.0");
  const std::string purge = ", {advanced, []}, soft_purge, soft_purge, []}, ";
  if (hooked)
    later.appup = "{\"2.0.0\", [{\"1.0.0\", [{apply, {lab, act, [hook, zoo]}}, {update, zoo_conn" + purge +
                  "{update, zoo_special" + purge +
                  "{update, zoo_srv, {advanced, []}}, {load_module, zoo_ev}, {load_module, zoo_app}, "
                  "{update, zoo_sup, supervisor}]}], []}.";
  lab.add(zoo(lab, "1.0.0"));
  lab.add(later);
  REQUIRE(lab.start("zoo", "1.0.0").exit == 0);
}

/// At the hook, sends `go` to the process and waits until it takes system messages.
std::string send_go() {
  return "lab:on({hook, zoo}, {call, {lab, in_order, [[{erlang, send, [guest, go]}, "
         "{sys, get_state, [guest]}]]}}).";
}

const std::string upgraded = "erlrc-upgrade: Upgrading 'zoo': (NODE) upgraded\n";

}  // namespace

TEST_CASE("moment: a server that others have started, and that is busy at the checks, is converted") {
  Lab lab;
  set_up(lab, true);
  lab.ask(
      "P = proc_lib:spawn(fun() -> register(guest, self()), "
      "gen_server:enter_loop(zoo_conn, [], #{vsn => \"1.0.0\"}) end), lab:await_rest(P), "
      "gen_server:cast(P, {run, fun() -> receive go -> ok end end}), lab:await_rest(P), " +
      send_go());
  const Ran ran = lab.upgrade("zoo", "1.0.0", "2.0.0");
  INFO(ran);
  CHECK(ran.exit == 0);
  CHECK(ran.out.find("remark") == std::string::npos);
  CHECK(lab.ask("gen_server:call(guest, vsn).") == "{\"2.0.0\",\"2.0.0\"}");
  lab.ask("exit(whereis(guest), kill).");
}

TEST_CASE("moment: a process that others have started is converted if it enters its loop after the checks") {
  Lab lab;
  set_up(lab, true);
  const std::string loop = GENERATE("gen_server:enter_loop(zoo_conn, [], #{vsn => \"1.0.0\"})",
                                    "zoo_special:loop(whereis(zoo_sup), #{vsn => \"1.0.0\"})");
  CAPTURE(loop);
  lab.ask("P = proc_lib:spawn(fun() -> register(guest, self()), receive go -> ok end, " + loop +
          " end), lab:await_rest(P), " + send_go());
  const Ran ran = lab.upgrade("zoo", "1.0.0", "2.0.0");
  INFO(ran);
  CHECK(ran.exit == 0);
  CHECK(lab.ask("sys:get_state(guest).") == "#{vsn => \"2.0.0\"}");
  lab.ask("exit(whereis(guest), kill).");
}

TEST_CASE("moment: a special process that others have started, and that waits for something, is converted") {
  Lab lab;
  set_up(lab, true);
  const std::string waits = GENERATE("await", "{run, fun() -> receive go -> ok end end}");
  const std::string spawns = GENERATE("proc_lib:spawn", "spawn");
  CAPTURE(waits, spawns);
  // Were it the only one of its module, the upgrade would be refused.
  lab.ask("{ok, First} = zoo_special:start_link(), unlink(First), P = " + spawns +
          "(fun() -> register(guest, self()), zoo_special:loop(whereis(zoo_sup), #{vsn => \"1.0.0\"}) end), "
          "lab:await_rest(P), P ! " +
          waits + ", lab:await_rest(P), " + send_go());
  const Ran ran = lab.upgrade("zoo", "1.0.0", "2.0.0");
  INFO(ran);
  CHECK(ran.exit == 0);
  CHECK(lab.ask("guest ! {vsn, self()}, receive V -> V after 60000 -> none end.") == "{\"2.0.0\",\"2.0.0\"}");
  lab.ask("[exit(whereis(Name), kill) || Name <- [guest, zoo_special]].");
}

TEST_CASE("moment: a gen_statem is converted by the module that it has, whatever it was started with") {
  Lab lab;
  lab.dir().write("kinds/gate.erl",
                  "-module(MODULE).\n-behaviour(gen_statem).\n-vsn(?VSN).\n"
                  "-export([open/0, init/1, callback_mode/0, handle_event/4, code_change/4]).\n"
                  "open() -> gen_statem:start({local, guest}, ?MODULE, [], []).\n"
                  "init([]) -> {ok, open, #{vsn => \"1.0.0\"}}.\n"
                  "callback_mode() -> handle_event_function.\n"
                  "handle_event(cast, {turn, To}, _, _) ->\n"
                  "  {keep_state_and_data, [{change_callback_module, To}]}.\n"
                  "code_change(_, State, Data, _) -> {ok, State, Data}.\n");
  const std::string appup = GENERATE("", "[{update, zoo_fsm, {advanced, []}}]");
  CAPTURE(appup);
  for (const std::string vsn : {"1.0.0", "2.0.0"}) {
    LabRelease made = servers("zoo", vsn, {"zoo_srv"});
    made.modules.push_back({"zoo_fsm", "statem"});
    made.modules.push_back({"zoo_gate", (lab.dir() / "kinds/gate").string()});
    if (vsn == "2.0.0" && !appup.empty()) made.appup = "{\"2.0.0\", [{\"1.0.0\", " + appup + "}], []}.";
    lab.add(made);
  }
  REQUIRE(lab.start("zoo", "1.0.0").exit == 0);
  lab.ask("{ok, P} = zoo_gate:open(), gen_statem:cast(P, {turn, zoo_fsm}), lab:await_rest(P).");
  const Ran ran = lab.upgrade("zoo", "1.0.0", "2.0.0");
  INFO(ran);
  CHECK(ran.exit == 0);
  CHECK(lab.ask("gen_statem:call(guest, vsn).") == "{\"2.0.0\",\"2.0.0\"}");
  CHECK(lab.ask("length([C || C <- lab:calls(), element(1, C) =:= code_change, element(2, C) =:= "
                "zoo_fsm]).") == "1");
  lab.ask("exit(whereis(guest), kill).");
}

TEST_CASE("moment: a handler that is added while the upgrade waits for another process is converted") {
  Lab lab;
  set_up(lab, false);
  const std::string manager = GENERATE("watched", "other");
  CAPTURE(manager);
  // The upgrade waits for zoo_srv, or resumes what it has suspended and tries again.
  lab.ask(
      "[{ok, _} = gen_event:start({local, Name}) || Name <- [watched, other]], "
      "ok = gen_event:add_handler(watched, {zoo_ev, one}, one), "
      "lab:on({busy, zoo_srv}, {wait, ok}), gen_server:cast(zoo_srv, {act, busy}), "
      "spawn(fun() -> lab:await(fun() -> {_, {M, _, _}} = process_info(whereis(watched), current_function), "
      "M =:= sys end), ok = gen_event:add_handler(" +
      manager + ", {zoo_ev, two}, two), timer:sleep(100), lab:release({busy, zoo_srv}) end).");
  CHECK(lab.upgrade("zoo", "1.0.0", "2.0.0") == Ran{0, upgraded, ""});
  CHECK(lab.ask("[gen_event:call(M, {zoo_ev, Id}, vsn) || {M, Id} <- [{watched, one}, {" + manager +
                ", two}]].") == "[{\"2.0.0\",\"2.0.0\"},{\"2.0.0\",\"2.0.0\"}]");
  lab.ask("[gen_event:stop(Name) || Name <- [watched, other]].");
}
