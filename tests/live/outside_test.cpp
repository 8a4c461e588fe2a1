// SPDX-License-Identifier: BSD-3-Clause
#include "catch.hpp"
#include "lab.hpp"

// Tests that an upgrade converts all processes of its modules, wherever they are supervised and however they
// were declared, and asks no others.

using namespace erlrc;
using namespace erlrc::test;

namespace {

/// Processes of `door`, an application that runs the code of others: an event manager and a pool.
void open_door(Lab& lab) {
  lab.dir().write(
      "kinds/conns.erl",
      "-module(MODULE).\n-behaviour(supervisor).\n-export([start_link/0, init/1]).\n"
      "start_link() -> supervisor:start_link({local, ?MODULE}, ?MODULE, []).\n"
      "init([]) -> {ok, {#{strategy => simple_one_for_one},\n"
      "  [#{id => conn, start => {erlang, apply, []}, restart => temporary, modules => CHILDREN}]}}.\n");
  lab.add({"door",
           "1.0.0",
           {{"door_app", "app"},
            {"door_sup", "sup",
             "[{door_events, {gen_event, start_link, [{local, door_events}]}, permanent, 2000, worker, "
             "dynamic},"
             " {door_conns, {door_conns, start_link, []}, permanent, infinity, supervisor, [door_conns]}]"},
            {"door_conns", (lab.dir() / "kinds/conns").string(), "[zoo_conn]"},
            {"door_entry", "source",
             "-export([server/1, machine/0]).\n"
             "server(How) -> register(zoo_foreign, self()),\n"
             "  gen_server:enter_loop(zoo_conn, [{hibernate_after, 1}], #{vsn => \"1.0.0\"}, How).\n"
             "machine() -> register(zoo_foreign, self()),\n"
             "  gen_statem:enter_loop(zoo_fsm, [{hibernate_after, 1}], open, #{vsn => \"1.0.0\"}).\n"}}});
  REQUIRE(lab.start("door", "1.0.0").exit == 0);
}

/// A gen_server that is started by gen_server, or enters its loop as in the guide of ranch.
std::string conn(Lab& lab) {
  lab.dir().write(
      "kinds/conn.erl",
      "-module(MODULE).\n-behaviour(gen_server).\n-vsn(?VSN).\n"
      "-export([plain/1, late/1, init/1, enter/1, shake/1, handle_call/3, handle_cast/2, code_change/3]).\n"
      "plain(Name) -> gen_server:start_link({local, Name}, ?MODULE, [], []).\n"
      "late(Name) -> {ok, proc_lib:spawn_link(?MODULE, enter, [Name])}.\n"
      "shake(Name) -> register(Name, self()), receive go -> enter(Name) end.\n"
      "init([]) -> {ok, #{vsn => ?VSN}}.\n"
      "enter(Name) -> whereis(Name) =:= self() orelse register(Name, self()),\n"
      "  gen_server:enter_loop(?MODULE, [], #{vsn => ?VSN}, {local, Name}).\n"
      "handle_call(vsn, _, #{vsn := Vsn} = State) -> {reply, {?VSN, Vsn}, State}.\n"
      "handle_cast(_, State) -> {noreply, State}.\n"
      "code_change({down, Vsn}, State, Extra) ->\n"
      "  lab:change(?MODULE, {down, Vsn}, Extra, {ok, State#{vsn := Vsn}});\n"
      "code_change(Old, State, Extra) ->\n"
      "  lab:change(?MODULE, Old, Extra, {ok, State#{vsn := ?VSN}}).\n");
  return (lab.dir() / "kinds/conn").string();
}

LabRelease zoo(Lab& lab, const std::string& vsn) {
  LabRelease made = servers("zoo", vsn, {"zoo_srv"});
  made.modules.push_back({"zoo_ev", "event"});
  made.modules.push_back({"zoo_conn", conn(lab)});
  made.modules.push_back({"zoo_fsm", "statem"});
  made.modules.push_back({"zoo_special", "special"});
  return made;
}

void set_up(Lab& lab) {
  open_door(lab);
  lab.add(zoo(lab, "1.0.0"));
  lab.add(zoo(lab, "2.0.0"));
  REQUIRE(lab.start("zoo", "1.0.0").exit == 0);
}

const std::string handlers = "[gen_event:call(door_events, {zoo_ev, Id}, vsn) || Id <- [one, two]].";

void add_handlers(Lab& lab) {
  REQUIRE(lab.ask("[gen_event:add_handler(door_events, {zoo_ev, Id}, Id) || Id <- [one, two]].") ==
          "[ok,ok]");
}

const std::string upgraded = "erlrc-upgrade: Upgrading 'zoo': (NODE) upgraded\n";
const std::string downgraded = "erlrc-downgrade: Downgrading 'zoo': (NODE) downgraded\n";

std::vector<std::string> engine() {
  return {GENERATE("--engine=erlrc", "--engine=otp")};
}

}  // namespace

TEST_CASE("outside: handlers in the event manager of another application are converted, as OTP does") {
  Lab lab;
  set_up(lab);
  add_handlers(lab);
  const auto options = engine();
  CAPTURE(options.front());
  CHECK(lab.upgrade("zoo", "1.0.0", "2.0.0", options) == Ran{0, upgraded, ""});
  CHECK(lab.ask(handlers) == "[{\"2.0.0\",\"2.0.0\"},{\"2.0.0\",\"2.0.0\"}]");
  CHECK(lab.downgrade("zoo", "1.0.0", "2.0.0", options) == Ran{0, downgraded, ""});
  CHECK(lab.ask(handlers) == "[{\"1.0.0\",\"1.0.0\"},{\"1.0.0\",\"1.0.0\"}]");
}

TEST_CASE("outside: handlers in an event manager that hibernates or that nothing supervises are converted") {
  Lab lab;
  set_up(lab);
  const std::string options = GENERATE("[]", "[{hibernate_after, 1}]");
  lab.ask("{ok, P} = gen_event:start({local, zoo_foreign}, " + options +
          "), ok = gen_event:add_handler(P, zoo_ev, one), lab:await_rest(P).");
  CHECK(lab.upgrade("zoo", "1.0.0", "2.0.0", {"--stranded=refuse"}) == Ran{0, upgraded, ""});
  CHECK(lab.ask("gen_event:call(zoo_foreign, zoo_ev, vsn).") == "{\"2.0.0\",\"2.0.0\"}");
  lab.ask("gen_event:stop(zoo_foreign).");
}

TEST_CASE("outside: connections under the supervisor of another application are converted, as OTP does") {
  Lab lab;
  set_up(lab);
  lab.ask("[{ok, _} = supervisor:start_child(door_conns, [zoo_conn, How, [How]]) || How <- [plain, late]].");
  const auto options = engine();
  CAPTURE(options.front());
  const std::string vsns = "[gen_server:call(N, vsn) || N <- [plain, late]].";
  const std::string pids = "[whereis(N) || N <- [plain, late]].";
  const std::string before = lab.ask(pids);
  CHECK(lab.upgrade("zoo", "1.0.0", "2.0.0", options) == Ran{0, upgraded, ""});
  CHECK(lab.ask(vsns) == "[{\"2.0.0\",\"2.0.0\"},{\"2.0.0\",\"2.0.0\"}]");
  CHECK(lab.downgrade("zoo", "1.0.0", "2.0.0", options) == Ran{0, downgraded, ""});
  CHECK(lab.ask(vsns) == "[{\"1.0.0\",\"1.0.0\"},{\"1.0.0\",\"1.0.0\"}]");
  CHECK(lab.ask(pids) == before);
}

TEST_CASE("outside: processes that nothing supervises are converted, whatever started them") {
  Lab lab;
  set_up(lab);
  const std::string started =
      GENERATE("gen_server:start({local, zoo_foreign}, zoo_conn, [], [])",
               "gen_server:start({local, zoo_foreign}, zoo_conn, [], [{hibernate_after, 1}])",
               "{ok, proc_lib:spawn(zoo_conn, enter, [zoo_foreign])}",
               "{ok, proc_lib:spawn(fun() -> register(zoo_foreign, self()),"
               " gen_server:enter_loop(zoo_conn, [], #{vsn => \"1.0.0\"}) end)}",
               "gen_statem:start({local, zoo_foreign}, zoo_fsm, [], [])",
               "{ok, proc_lib:spawn(fun() -> register(zoo_foreign, self()),"
               " gen_statem:enter_loop(zoo_fsm, [], open, #{vsn => \"1.0.0\"}) end)}");
  CAPTURE(started);
  lab.ask("{ok, P} = " + started + ", lab:await_rest(P).");
  CHECK(lab.upgrade("zoo", "1.0.0", "2.0.0", {"--stranded=refuse"}) == Ran{0, upgraded, ""});
  CHECK(lab.ask("gen_server:call(zoo_foreign, vsn).") == "{\"2.0.0\",\"2.0.0\"}");
  CHECK(lab.ask("length([C || C <- lab:calls(), element(1, C) =:= code_change, "
                "lists:member(element(2, C), [zoo_conn, zoo_fsm])]).") == "1");
  lab.ask("exit(whereis(zoo_foreign), kill).");
}

TEST_CASE("outside: a process that has entered its loop from another module and hibernates is converted") {
  Lab lab;
  set_up(lab);
  const std::string entered = GENERATE("server, [hibernate]", "server, [infinity]", "machine, []");
  CAPTURE(entered);
  lab.ask("P = proc_lib:spawn(door_entry, " + entered +
          "), lab:await(fun() -> process_info(P, current_function) =:= {current_function, {erlang, "
          "hibernate, 3}} "
          "end).");
  lab.ask("lab:mark().");
  SECTION("converted") {
    CHECK(lab.upgrade("zoo", "1.0.0", "2.0.0", {"--stranded=refuse"}) == Ran{0, upgraded, ""});
    CHECK(lab.ask("gen_server:call(zoo_foreign, vsn).") == "{\"2.0.0\",\"2.0.0\"}");
  }
  SECTION("and back") {
    lab.ask("lab:on({code_change, zoo_srv}, crash).");
    CHECK(lab.upgrade("zoo", "1.0.0", "2.0.0").exit == 1);
    CHECK(lab.ask("lab:diff().") == "[]");
    CHECK(lab.ask("gen_server:call(zoo_foreign, vsn).") == "{\"1.0.0\",\"1.0.0\"}");
  }
  lab.ask("exit(whereis(zoo_foreign), kill).");
}

TEST_CASE("outside: what is below a supervisor under another application's is converted with it") {
  Lab lab;
  for (const std::string vsn : {"1.0.0", "2.0.0"}) {
    LabRelease made = servers("zoo", vsn, {"zoo_srv"});
    made.modules.push_back({"zoo_sub", "tree",
                            child_specs(vsn == "1.0.0" ? std::vector<std::string>{"zoo_kid"}
                                                       : std::vector<std::string>{"zoo_kid", "zoo_new"})});
    made.modules.push_back({"zoo_kid", "server"});
    if (vsn == "2.0.0") made.modules.push_back({"zoo_new", "server"});
    lab.add(made);
  }
  lab.add({"door",
           "1.0.0",
           {{"door_app", "app"},
            {"door_sup", "sup",
             "[{zoo_sub, {zoo_sub, start_link, []}, temporary, infinity, supervisor, [zoo_sub]}]"}}});
  REQUIRE(lab.start("zoo", "1.0.0").exit == 0);
  REQUIRE(lab.start("door", "1.0.0").exit == 0);
  CHECK(lab.upgrade("zoo", "1.0.0", "2.0.0").exit == 0);
  CHECK(lab.ask("[gen_server:call(N, vsn) || N <- [zoo_kid, zoo_new]].") ==
        "[{\"2.0.0\",\"2.0.0\"},{\"2.0.0\",\"2.0.0\"}]");
  CHECK(lab.downgrade("zoo", "1.0.0", "2.0.0").exit == 0);
  CHECK(lab.ask("[gen_server:call(zoo_kid, vsn), whereis(zoo_new)].") == "[{\"1.0.0\",\"1.0.0\"},undefined]");
}

TEST_CASE("outside: a process that enters its loop after the checks is converted") {
  Lab lab;
  lab.add(zoo(lab, "1.0.0"));
  LabRelease later = zoo(lab, "2.0.0");
  later.appup =
      "{\"2.0.0\", [{\"1.0.0\", [{apply, {lab, act, [hook, zoo]}}, {update, zoo_conn, {advanced, []}, "
      "soft_purge, soft_purge, []}, {update, zoo_srv, {advanced, []}}, {load_module, zoo_ev}, {load_module, "
      "zoo_fsm}, "
      "{load_module, zoo_special}, {load_module, zoo_app}, {update, zoo_sup, supervisor}]}], []}.";
  lab.add(later);
  REQUIRE(lab.start("zoo", "1.0.0").exit == 0);
  lab.ask(
      "{ok, First} = zoo_conn:plain(first), unlink(First), "
      "proc_lib:spawn(zoo_conn, shake, [shaking]), lab:await(fun() -> is_pid(whereis(shaking)) end), "
      "lab:on({hook, zoo}, {call, {lab, in_order, [[{erlang, send, [shaking, go]}, "
      "{sys, get_state, [shaking]}]]}}).");
  const Ran ran = lab.upgrade("zoo", "1.0.0", "2.0.0");
  INFO(ran);
  CHECK(ran.exit == 0);
  CHECK(lab.ask("gen_server:call(shaking, vsn).") == "{\"2.0.0\",\"2.0.0\"}");
}

TEST_CASE("outside: a special process under another application's supervisor is converted") {
  Lab lab;
  set_up(lab);
  lab.ask("{ok, _} = supervisor:start_child(door_conns, [zoo_special, start_link, []]).");
  CHECK(lab.upgrade("zoo", "1.0.0", "2.0.0", {"--stranded=refuse"}) == Ran{0, upgraded, ""});
  CHECK(lab.ask("zoo_special ! {vsn, self()}, receive V -> V after 60000 -> none end.") ==
        "{\"2.0.0\",\"2.0.0\"}");
}

TEST_CASE("outside: a rollback gives all of them the state and the code they had") {
  Lab lab;
  set_up(lab);
  add_handlers(lab);
  lab.ask(
      "[{ok, _} = supervisor:start_child(door_conns, [zoo_conn, How, [How]]) || How <- [plain, late]],"
      "lab:mark().");
  lab.ask("lab:on({code_change, zoo_srv}, crash).");
  const Ran ran = lab.upgrade("zoo", "1.0.0", "2.0.0");
  INFO(ran);
  CHECK(ran.exit == 1);
  CHECK(lab.ask("lab:diff().") == "[]");
  CHECK(lab.ask("[gen_server:call(N, vsn) || N <- [plain, late]].") ==
        "[{\"1.0.0\",\"1.0.0\"},{\"1.0.0\",\"1.0.0\"}]");
  CHECK(lab.ask(handlers) == "[{\"1.0.0\",\"1.0.0\"},{\"1.0.0\",\"1.0.0\"}]");
}

TEST_CASE("outside: a rehearsal tries the conversions that the run would make") {
  Lab lab;
  set_up(lab);
  lab.ask("{ok, _} = supervisor:start_child(door_conns, [zoo_conn, plain, [plain]]).");
  const Ran ran = lab.upgrade("zoo", "1.0.0", "2.0.0", {"--rehearse", "--json"});
  INFO(ran);
  CHECK(ran.out.find("zoo_conn") != std::string::npos);
}

TEST_CASE(
    "outside: a worker that is declared a supervisor is not asked as one, and a supervisor that is "
    "declared a worker is") {
  Lab lab;
  const std::string declared = GENERATE("supervisor, [zoo_srv]", "supervisor, dynamic", "worker, dynamic");
  CAPTURE(declared);
  for (const std::string vsn : {"1.0.0", "2.0.0"}) {
    LabRelease made = servers("zoo", vsn, {"zoo_srv"});
    made.modules[1].children = "[{zoo_srv, {zoo_srv, start_link, []}, permanent, infinity, " + declared +
                               "}, {zoo_inner, {zoo_inner, start_link, []}, permanent, 2000, worker, "
                               "[zoo_inner]}]";
    made.modules.push_back({"zoo_inner", "sup", child_specs({"zoo_deep"})});
    made.modules.push_back({"zoo_deep", "server"});
    lab.add(made);
  }
  REQUIRE(lab.start("zoo", "1.0.0").exit == 0);
  const std::string pids = "[whereis(N) || N <- [zoo_srv, zoo_inner, zoo_deep]].";
  const std::string before = lab.ask(pids);
  const Ran rehearsed = lab.upgrade("zoo", "1.0.0", "2.0.0", {"--rehearse"});
  INFO(rehearsed);
  CHECK(rehearsed.exit == 0);
  CHECK(lab.ask(pids) == before);
  CHECK(lab.upgrade("zoo", "1.0.0", "2.0.0", {"--stranded=refuse"}) == Ran{0, upgraded, ""});
  CHECK(lab.ask(pids) == before);
  CHECK(lab.ask("[gen_server:call(N, vsn) || N <- [zoo_srv, zoo_deep]].") ==
        "[{\"2.0.0\",\"2.0.0\"},{\"2.0.0\",\"2.0.0\"}]");
}

TEST_CASE(
    "outside: a supervisor of the application below one of another application takes its new children") {
  Lab lab;
  open_door(lab);
  for (const std::string vsn : {"1.0.0", "2.0.0"}) {
    LabRelease made = servers("zoo", vsn, {"zoo_srv"});
    made.modules.push_back({"zoo_inner", "tree",
                            child_specs(vsn == "1.0.0" ? std::vector<std::string>{"zoo_deep"}
                                                       : std::vector<std::string>{"zoo_deep", "zoo_new"})});
    made.modules.push_back({"zoo_deep", "server"});
    made.modules.push_back({"zoo_new", "server"});
    lab.add(made);
  }
  REQUIRE(lab.start("zoo", "1.0.0").exit == 0);
  lab.ask(
      "{ok, _} = supervisor:start_child(door_sup, {inner, {zoo_inner, start_link, []}, permanent, "
      "infinity, supervisor, [zoo_inner]}).");
  CHECK(lab.upgrade("zoo", "1.0.0", "2.0.0") == Ran{0, upgraded, ""});
  CHECK(lab.ask("[gen_server:call(N, vsn) || N <- [zoo_deep, zoo_new]].") ==
        "[{\"2.0.0\",\"2.0.0\"},{\"2.0.0\",\"2.0.0\"}]");
}

TEST_CASE("outside: no process of others is asked anything") {
  Lab lab;
  set_up(lab);
  add_handlers(lab);
  // It is in the tree of another application, is declared as a supervisor, and notes what it gets.
  lab.ask(
      "{ok, _} = supervisor:start_child(door_sup, #{id => ear, type => supervisor, start =>"
      " {erlang, apply, [fun() -> {ok, proc_lib:spawn_link(fun Ear() ->"
      " receive M -> lab:record({heard, M}) end, Ear() end)} end, []]}}).");
  lab.ask(
      "{ok, P} = gen_event:start({local, zoo_idle}), lab:await_rest(P), erlang:trace(P, true, ['receive',"
      " {tracer, spawn(fun T() -> receive {trace, _, 'receive', M} -> lab:record({heard, M}) end, T() "
      "end)}]).");
  CHECK(lab.upgrade("zoo", "1.0.0", "2.0.0") == Ran{0, upgraded, ""});
  CHECK(lab.ask("[C || C <- lab:calls(), element(1, C) =:= heard].") == "[]");
  lab.ask("gen_event:stop(zoo_idle).");
}

TEST_CASE("outside: an update that reaches no process though some run is refused, unless it is asked for") {
  Lab lab;
  lab.dir().write("kinds/loop.erl",
                  "-module(MODULE).\n-vsn(?VSN).\n-export([vsn/0, loop/0, code_change/3]).\n"
                  "vsn() -> ?VSN.\nloop() -> receive stop -> ok end.\ncode_change(_, S, _) -> {ok, S}.\n");
  for (const std::string vsn : {"1.0.0", "2.0.0"}) {
    LabRelease made = servers("zoo", vsn, {"zoo_srv"});
    made.modules.push_back({"zoo_loop", (lab.dir() / "kinds/loop").string()});
    if (vsn == "2.0.0")
      made.appup =
          "{\"2.0.0\", [{\"1.0.0\", [{update, zoo_srv, {advanced, []}},"
          " {update, zoo_loop, {advanced, []}, soft_purge, soft_purge, []}]}], []}.";
    lab.add(made);
  }
  REQUIRE(lab.start("zoo", "1.0.0").exit == 0);
  lab.ask("register(zoo_plain, spawn(zoo_loop, loop, [])), lab:await_rest(whereis(zoo_plain)), lab:mark().");
  const Ran refused = lab.upgrade("zoo", "1.0.0", "2.0.0");
  INFO(refused);
  CHECK(refused.exit == 1);
  CHECK(refused.err.find(
            "refused: the appup updates processes that take no system messages: 1 in zoo_loop: ") !=
        std::string::npos);
  CHECK(lab.ask("lab:diff().") == "[]");
  CHECK(lab.upgrade("zoo", "1.0.0", "2.0.0", {"--stranded=report"}).exit == 0);
  lab.ask("zoo_plain ! stop.");
}
