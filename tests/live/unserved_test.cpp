// SPDX-License-Identifier: BSD-3-Clause
#include <algorithm>
#include <erlrc/sys/file.hpp>
#include "catch.hpp"
#include "lab.hpp"
#include "paths.hpp"
#include "zoo.hpp"

// Tests processes whose behaviour calls what the new code of their module does not have.

using namespace erlrc;
using namespace erlrc::test;

TEST_CASE("unserved: a state machine whose state has no function in the new code is found beforehand") {
  Lab lab;
  const auto [mode, first, second, lost] =
      GENERATE(table<std::string, std::string, std::string, std::string>({
          {"state_functions", "waiting", "resting", "waiting/3"},
          {"handle_event_function", "handle_event", "waiting", "handle_event/4"},
      }));
  const std::string arguments = mode == "state_functions" ? "(_, _, _)" : "(_, _, _, _)";
  lab.dir().write(
      "kinds/machine.erl",
      "-module(MODULE).\n-behaviour(gen_statem).\n-vsn(?VSN).\n-compile([export_all, nowarn_export_all]).\n"
      "start_link() -> gen_statem:start_link({local, ?MODULE}, ?MODULE, [], []).\n"
      "init([]) -> {ok, waiting, data}.\n"
      "-if(?VSN =:= \"1.0.0\").\ncallback_mode() -> " +
          mode + ".\n" + first + arguments +
          " -> keep_state_and_data.\n-else.\ncallback_mode() -> state_functions.\n" + second +
          "(_, _, _) -> keep_state_and_data.\n-endif.\n");
  start_keeper(lab, (lab.dir() / "kinds/machine").string(), "[{load_module, zoo_rec}]");
  const Ran ran = lab.upgrade("zoo", "1.0.0", "2.0.0");
  INFO(ran);
  CHECK(ran.exit == 1);
  CHECK(ran.err.starts_with(
      "erlrc-upgrade: NODE: refused: processes that the new code cannot serve: 1 of zoo_rec, which "
      "loses " +
      lost + ": "));
  CHECK(lab.ask("lab:diff().") == "[]");
}

TEST_CASE("unserved: a state machine that keeps another callback mode is found beforehand") {
  Lab lab;
  const auto [before, after, appup, refused] = GENERATE(table<std::string, std::string, std::string, bool>({
      {"[state_functions, state_enter]", "state_functions", "[{load_module, zoo_rec}]", true},
      {"state_functions", "[state_enter, state_functions]", "[{load_module, zoo_rec}]", true},
      {"[state_functions, state_enter]", "state_functions", "[{update, zoo_rec, {advanced, []}}]", false},
      {"[state_functions, state_enter]", "[state_enter, state_functions]", "[{load_module, zoo_rec}]", false},
  }));
  CAPTURE(before, after, appup);
  lab.dir().write(
      "kinds/machine.erl",
      "-module(MODULE).\n-behaviour(gen_statem).\n-vsn(?VSN).\n-compile([export_all, nowarn_export_all]).\n"
      "start_link() -> gen_statem:start_link({local, ?MODULE}, ?MODULE, [], []).\n"
      "init([]) -> {ok, waiting, data}.\nwaiting(_, _, _) -> keep_state_and_data.\n"
      "code_change(_, S, D, _) -> {ok, S, D}.\n"
      "-if(?VSN =:= \"1.0.0\").\ncallback_mode() -> " +
          before + ".\n-else.\ncallback_mode() -> " + after + ".\n-endif.\n");
  start_keeper(lab, (lab.dir() / "kinds/machine").string(), appup);
  const Ran ran = lab.upgrade("zoo", "1.0.0", "2.0.0");
  INFO(ran);
  CHECK(ran.exit == (refused ? 1 : 0));
  CHECK(has(ran.err, "1 of zoo_rec, which has another callback mode (state_enter)") == refused);
}

namespace {

/// As p1_fsm: system messages show a list of the loop's arguments.
const std::string fsm_of_library =
    "-module(MODULE).\n-compile([export_all, nowarn_export_all]).\n-vsn(same).\n"
    "start_link({local, N}, M, A, _) -> proc_lib:start_link(?MODULE, init, [self(), N, M, A]).\n"
    "init(P, N, M, A) -> register(N, self()), put('$initial_call', {M, init, 1}),\n"
    "  {ok, S, D} = M:init(A), proc_lib:init_ack({ok, self()}), loop(P, [N, S, D, M, infinity]).\n"
    "loop(P, [N, S, D, M, T] = L) ->\n"
    "  receive {system, F, R} -> sys:handle_system_msg(R, F, P, ?MODULE, [], L);\n"
    "  E -> {next_state, S1, D1} = M:S(E, D), loop(P, [N, S1, D1, M, T]) end.\n"
    "system_continue(P, _, L) -> loop(P, L).\nsystem_terminate(R, _, _, _) -> exit(R).\n"
    "system_code_change(L, _, _, _) -> {ok, L}.\n";

}  // namespace

TEST_CASE(
    "unserved: an fsm whose state has no function in the new code is found beforehand, whatever library has "
    "it") {
  const std::string fsm = GENERATE("gen_fsm", "zoo_fsm");
  const auto [state, lost] = GENERATE(
      table<std::string, std::string>({{"waiting", "waiting/2"}, {"resting", ""}, {"asked", "asked/3"}}));
  CAPTURE(fsm, state);
  Lab lab;
  lab.dir().write("kinds/fsm.erl", fsm_of_library);
  lab.dir().write(
      "kinds/machine.erl",
      "-module(MODULE).\n-vsn(?VSN).\n-compile([export_all, nowarn_export_all, nowarn_deprecated_function,"
      " nowarn_removed]).\n"
      "start_link() -> " +
          fsm +
          ":start_link({local, ?MODULE}, ?MODULE, [], []).\n"
          "init([]) -> {ok, " +
          state +
          ", data}.\n"
          "handle_event(_, S, D) -> {next_state, S, D}.\nhandle_info(_, S, D) -> {next_state, S, D}.\n"
          "handle_sync_event(_, _, S, D) -> {reply, ok, S, D}.\n"
          "resting(_, D) -> {next_state, resting, D}.\nasked(_, D) -> {next_state, asked, D}.\n"
          "-if(?VSN =:= \"1.0.0\").\nwaiting(_, D) -> {next_state, waiting, D}.\n"
          "asked(_, _, D) -> {reply, ok, asked, D}.\n-endif.\n");
  for (const std::string vsn : {"1.0.0", "2.0.0"}) {
    LabRelease made = servers("zoo", vsn, {"zoo_keep", "zoo_rec"});
    made.modules.back().kind = (lab.dir() / "kinds/machine").string();
    made.modules.push_back({"zoo_fsm", (lab.dir() / "kinds/fsm").string()});
    if (vsn == "2.0.0") made.appup = "{\"2.0.0\", [{\"1.0.0\", [{load_module, zoo_rec}]}], []}.";
    lab.add(made);
  }
  REQUIRE(lab.start("zoo", "1.0.0").exit == 0);
  lab.ask("lab:mark().");
  const Ran ran = lab.upgrade("zoo", "1.0.0", "2.0.0");
  INFO(ran);
  CHECK(ran.exit == (lost.empty() ? 0 : 1));
  if (!lost.empty()) {
    CHECK(
        ran.err.starts_with("erlrc-upgrade: NODE: refused: processes that the new code cannot serve: 1 of "
                            "zoo_rec, which loses " +
                            lost + ": "));
    CHECK(lab.ask("lab:diff().") == "[]");
  }
}

TEST_CASE("unserved: a state machine may lose the functions of states that it is not in") {
  Lab lab;
  lab.dir().write(
      "kinds/machine.erl",
      "-module(MODULE).\n-behaviour(gen_statem).\n-vsn(?VSN).\n-compile([export_all, nowarn_export_all]).\n"
      "start_link() -> gen_statem:start_link({local, ?MODULE}, ?MODULE, [], []).\n"
      "init([]) -> {ok, waiting, data}.\ncallback_mode() -> state_functions.\n"
      "waiting(_, _, _) -> keep_state_and_data.\n"
      "-if(?VSN =:= \"1.0.0\").\nresting(_, _, _) -> keep_state_and_data.\n-endif.\n");
  start_keeper(lab, (lab.dir() / "kinds/machine").string());
  CHECK(lab.upgrade("zoo", "1.0.0", "2.0.0").exit == 0);
}

TEST_CASE("unserved: a process whose module is removed is not left to die, and a supervisor is named") {
  const auto [kind, started, remark] = GENERATE(table<std::string, std::string, std::string>({
      {"server", "worker",
       "processes that the new code cannot serve: 1 of zoo_gone, which loses handle_call/3, "
       "handle_cast/2: "},
      {"statem", "worker",
       "processes that the new code cannot serve: 1 of zoo_gone, which loses callback_mode/0: "},
      {"sup", "supervisor", "supervisors whose module is removed keep running, with their children: "},
  }));
  const std::string appup = GENERATE(as<std::string>{}, "",
                                     "{\"2.0.0\", [{\"1.0.0\", [{delete_module, zoo_gone}, {update, zoo_srv, "
                                     "{advanced, []}}]}], []}.");
  CAPTURE(kind, appup);
  Lab lab;
  LabRelease before = servers("zoo", "1.0.0", {"zoo_srv"});
  before.modules.push_back({"zoo_gone", kind});
  LabRelease later = servers("zoo", "2.0.0", {"zoo_srv"});
  later.appup = appup;
  lab.add(before);
  lab.add(later);
  REQUIRE(lab.start("zoo", "1.0.0").exit == 0);
  // Its supervisor does not know that it is gone.
  lab.ask("{ok, _} = supervisor:start_child(zoo_sup, {gone, {zoo_gone, start_link, []}, permanent, 2000, " +
          started + ", [zoo_gone]}), lab:mark().");
  const Ran ran = lab.upgrade("zoo", "1.0.0", "2.0.0");
  INFO(ran);
  const bool dies = kind != "sup";
  CHECK(ran.exit == (dies ? 1 : 0));
  CHECK(has(dies ? ran.err : ran.out, remark));
  if (dies) CHECK(lab.ask("lab:diff().") == "[]");
  CHECK(lab.ask("is_pid(whereis(zoo_gone)).") == "true");
}

namespace {

/// A library with a behaviour: its servers call work/2 of their callback module.
LabRelease library(Lab& lab, const std::string& vsn) {
  lab.dir().write("kinds/works.erl",
                  "-module(MODULE).\n-behaviour(gen_server).\n-vsn(same).\n"
                  "-export([start_link/1, init/1, handle_call/3, handle_cast/2]).\n"
                  "-callback work(term(), term()) -> term().\n-callback rest(term()) -> term().\n"
                  "-optional_callbacks([rest/1]).\n"
                  "start_link(M) -> gen_server:start_link({local, M}, ?MODULE, M, []).\n"
                  "init(M) -> {ok, {M, 0}}.\n"
                  "handle_call(R, _, {M, S}) -> {reply, M:work(R, S), {M, S + 1}}.\n"
                  "handle_cast(_, S) -> {noreply, S}.\n");
  LabRelease made = servers("lib", vsn, {"lib_a"});
  made.modules.push_back({"lib_works", (lab.dir() / "kinds/works").string()});
  return made;
}

LabRelease working(Lab& lab, const std::string& vsn, const std::string& module,
                   const std::string& functions) {
  lab.dir().write("kinds/working" + vsn + ".erl",
                  "-module(MODULE).\n-behaviour(lib_works).\n-vsn(?VSN).\n"
                  "-compile([export_all, nowarn_export_all]).\n" +
                      functions);
  LabRelease made = servers("zoo", vsn, {"zoo_a"});
  made.modules.push_back({module, (lab.dir() / ("kinds/working" + vsn)).string()});
  return made;
}

const std::string first = "work(R, S) -> {R, S}.\nrest(S) -> S.\n";

}  // namespace

TEST_CASE(
    "unserved: a server of a library's behaviour is found if its callback module goes or loses a callback") {
  Lab lab;
  const auto [module, second, lost] = GENERATE(table<std::string, std::string, std::string>({
      {"zoo_other", first, "work/2"},
      {"zoo_work", "work(R, S, _) -> {R, S}.\n", "work/2"},
      {"zoo_work", "work(R, S) -> {R, S}.\n", ""},
  }));
  CAPTURE(module, second);
  lab.add(library(lab, "1.0.0"));
  lab.add(working(lab, "1.0.0", "zoo_work", first));
  lab.add(working(lab, "2.0.0", module, second));
  REQUIRE(lab.start("lib", "1.0.0").exit == 0);
  REQUIRE(lab.start("zoo", "1.0.0").exit == 0);
  lab.ask("{ok, P} = lib_works:start_link(zoo_work), unlink(P), lab:mark().");
  const Ran ran = lab.upgrade("zoo", "1.0.0", "2.0.0");
  INFO(ran);
  CHECK(ran.exit == (lost.empty() ? 0 : 1));
  CHECK(has(ran.err, "the new code cannot serve: 1 of zoo_work, which loses " + lost + ": ") ==
        !lost.empty());
  CHECK(lab.ask("gen_server:call(zoo_work, hello).") == "{hello,0}");
  lab.ask("exit(whereis(zoo_work), kill).");
}

TEST_CASE("unserved: of the functions that a behaviour calls those are named that are lost") {
  Lab lab;
  lab.dir().write("kinds/server.erl",
                  "-module(MODULE).\n-behaviour(gen_server).\n-vsn(?VSN).\n"
                  "-compile([export_all, nowarn_export_all]).\n"
                  "start_link() -> gen_server:start_link({local, ?MODULE}, ?MODULE, [], []).\n"
                  "init([]) -> {ok, 1}.\nhandle_call(_, _, S) -> {reply, S, S}.\n"
                  "-if(?VSN =:= \"1.0.0\").\nhandle_cast(_, S) -> {noreply, S}.\n-endif.\n");
  start_keeper(lab, (lab.dir() / "kinds/server").string(), "[{load_module, zoo_rec}]");
  const Ran ran = lab.upgrade("zoo", "1.0.0", "2.0.0");
  INFO(ran);
  CHECK(ran.exit == 1);
  CHECK(has(ran.err, "the new code cannot serve: 1 of zoo_rec, which loses handle_cast/2: "));
}

TEST_CASE("unserved: a fun in a state, of a function that the new code does not have, is found beforehand") {
  Lab lab;
  const auto [fun, lost] =
      GENERATE(table<std::string, bool>({{"fun zoo_call:old/1", true}, {"fun zoo_call:both/1", false}}));
  CAPTURE(fun);
  for (const std::string vsn : {"1.0.0", "2.0.0"}) {
    lab.dir().write(
        "kinds/call" + vsn + ".erl",
        "-module(MODULE).\n-vsn(?VSN).\n-compile([export_all, nowarn_export_all]).\nboth(N) -> N.\n" +
            std::string(vsn == "1.0.0" ? "old" : "new") + "(N) -> N.\n");
    LabRelease made = servers("zoo", vsn, {"zoo_a"});
    made.modules.push_back({"zoo_call", (lab.dir() / ("kinds/call" + vsn)).string()});
    if (vsn == "2.0.0")
      made.appup =
          "{\"2.0.0\", [{\"1.0.0\", [{load_module, zoo_call}]}], [{\"1.0.0\", [{load_module, zoo_call}]}]}.";
    lab.add(made);
  }
  REQUIRE(lab.start("zoo", "1.0.0").exit == 0);
  lab.ask("sys:replace_state(zoo_a, fun(S) -> S#{fn => " + fun + "} end), lab:mark().");
  const Ran ran = lab.upgrade("zoo", "1.0.0", "2.0.0");
  INFO(ran);
  CHECK(ran.exit == (lost ? 1 : 0));
  CHECK(has(ran.err, "the new code cannot serve: 1 of zoo_call, which loses old/1: ") == lost);
}

TEST_CASE("unserved: a logger handler whose module is removed is named") {
  Lab lab;
  for (const std::string vsn : {"1.0.0", "2.0.0"}) {
    lab.dir().write("kinds/logs.erl", "-module(MODULE).\n-vsn(?VSN).\n-export([log/2]).\nlog(_, _) -> ok.\n");
    LabRelease made = servers("zoo", vsn, {"zoo_a"});
    if (vsn == "1.0.0") made.modules.push_back({"zoo_logs", (lab.dir() / "kinds/logs").string()});
    lab.add(made);
  }
  REQUIRE(lab.start("zoo", "1.0.0").exit == 0);
  lab.ask("ok = logger:add_handler(zoo_handler, zoo_logs, #{}), lab:mark().");
  const Ran ran = lab.upgrade("zoo", "1.0.0", "2.0.0");
  INFO(ran);
  CHECK(ran.exit == 0);
  CHECK(has(ran.out, "remark: logger handlers need modules that are removed: [zoo_handler]"));
  lab.ask("logger:remove_handler(zoo_handler).");
}
