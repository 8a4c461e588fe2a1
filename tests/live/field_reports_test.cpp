// SPDX-License-Identifier: BSD-3-Clause
#include "catch.hpp"
#include "lab.hpp"

// Upgrades that people have reported in public as gone wrong, with OTP's own tools or others. field.md has
// where.

using namespace erlrc;
using namespace erlrc::test;

namespace {

/// Both versions of `zoo`, which has this module: its source, without the name.
void add_zoo(Lab& lab, const std::string& source, const std::string& appup = "", bool is_child = true) {
  lab.dir().write("kinds/reported.erl",
                  "-module(MODULE).\n-compile([export_all, nowarn_export_all]).\n" + source);
  for (const std::string vsn : {"1.0.0", "2.0.0", "3.0.0"}) {
    LabRelease made =
        is_child ? servers("zoo", vsn, {"zoo_keep", "zoo_rec"}) : servers("zoo", vsn, {"zoo_keep"});
    if (!is_child) made.modules.push_back({"zoo_rec", ""});
    made.modules.back().kind = (lab.dir() / "kinds/reported").string();
    if (vsn == "2.0.0" && !appup.empty())
      made.appup = "{\"2.0.0\", [{\"1.0.0\", " + appup + "}], [{\"1.0.0\", " + appup + "}]}.";
    lab.add(made);
  }
  REQUIRE(lab.start("zoo", "1.0.0").exit == 0);
}

const std::string vsn = "-vsn(?VSN).\n";

const std::string upgraded = "erlrc-upgrade: Upgrading 'zoo': (NODE) upgraded\n";
const std::string downgraded = "erlrc-downgrade: Downgrading 'zoo': (NODE) downgraded\n";

}  // namespace

TEST_CASE("reported: a function of the old code that a process is about to call stays until it has ended") {
  Lab lab;
  add_zoo(lab,
          vsn +
              "v() -> ?VSN.\ngo(To) -> Self = self(), lists:foreach(fun(_) -> persistent_term:get(lab_go, "
              "ok), receive on "
              "-> ok "
              "end end, [1, 2, 3]), To ! {ended, Self}.\n",
          "", false);
  lab.ask("register(lab_goes, spawn(fun() -> zoo_rec:go(lab_owner) end)).");
  CHECK(lab.upgrade("zoo", "1.0.0", "2.0.0").exit == 0);
  lab.ask("lab:await_idle().");
  CHECK(lab.ask("[lab_goes ! on || _ <- [1, 2]], timer:sleep(50), is_pid(whereis(lab_goes)).") == "true");
  const Ran next = lab.upgrade("zoo", "2.0.0", "3.0.0");
  CHECK(next.exit == 1);
  CHECK(next.err.find("refused: processes still run the code before the last upgrade: zoo_rec in ") !=
        std::string::npos);
  lab.ask("M = monitor(process, lab_goes), lab_goes ! on, receive {'DOWN', M, _, _, normal} -> ok end.");
  CHECK(lab.upgrade("zoo", "2.0.0", "3.0.0") == Ran{0, upgraded, ""});
}

TEST_CASE("reported: a state is not converted again while its module keeps its -vsn") {
  Lab lab;
  add_zoo(lab,
          "-behaviour(gen_server).\n"
          "-if(?VSN =:= \"1.0.0\").\n-vsn(\"0\").\ninit([]) -> {ok, 1}.\n"
          "handle_call(n, _, N) -> {reply, N, N}.\n"
          "-else.\n-vsn(\"1\").\ninit([]) -> {ok, {1, 1}}.\n"
          "handle_call(n, _, {N, 1}) -> {reply, {N, ?VSN}, {N, 1}}.\n-endif.\n"
          "start_link() -> gen_server:start_link({local, ?MODULE}, ?MODULE, [], []).\n"
          "handle_cast(_, S) -> {noreply, S}.\n"
          "code_change({down, _}, {N, _}, _) -> {ok, N};\ncode_change(_, N, _) -> {ok, {N, 1}}.\n");
  CHECK(lab.upgrade("zoo", "1.0.0", "2.0.0") == Ran{0, upgraded, ""});
  CHECK(lab.ask("gen_server:call(zoo_rec, n).") == R"({1,"2.0.0"})");
  CHECK(lab.upgrade("zoo", "2.0.0", "3.0.0") == Ran{0, upgraded, ""});
  CHECK(lab.ask("gen_server:call(zoo_rec, n).") == R"({1,"3.0.0"})");
  CHECK(lab.downgrade("zoo", "2.0.0", "3.0.0") == Ran{0, downgraded, ""});
  CHECK(lab.ask("gen_server:call(zoo_rec, n).") == R"({1,"2.0.0"})");
  CHECK(lab.downgrade("zoo", "1.0.0", "2.0.0") == Ran{0, downgraded, ""});
  CHECK(lab.ask("gen_server:call(zoo_rec, n).") == "1");
}

TEST_CASE("reported: what the loop of a library keeps for its callback module is compared, too") {
  Lab lab;
  // As p1_fsm and others: system messages show a list of the loop's arguments.
  lab.dir().write(
      "kinds/loop.erl",
      "-module(MODULE).\n-compile([export_all, nowarn_export_all]).\n-vsn(same).\n"
      "start_link(M) -> proc_lib:start_link(?MODULE, init, [self(), M]).\n"
      "init(P, M) -> register(M, self()), put('$initial_call', {M, init, 1}),\n"
      "  proc_lib:init_ack({ok, self()}), loop(P, M:init([]), M).\n"
      "loop(P, S, M) -> receive {system, F, R} -> sys:handle_system_msg(R, F, P, ?MODULE, [], [P, S, M]);\n"
      "  {'$gen_call', F, R} -> {reply, A, N} = M:handle_call(R, F, S), gen_server:reply(F, A),\n"
      "    loop(P, N, M) end.\n"
      "system_continue(_, _, [P, S, M]) -> loop(P, S, M).\nsystem_terminate(R, _, _, _) -> exit(R).\n"
      "system_code_change([P, S, M], _, V, E) -> {ok, N} = M:code_change(V, S, E), {ok, [P, N, M]}.\n");
  lab.dir().write(
      "kinds/reported.erl",
      "-module(MODULE).\n-export([start_link/0, init/1, handle_call/3, code_change/3]).\n-vsn(?VSN).\n"
      "-if(?VSN =:= \"1.0.0\").\n-record(state, {n}).\n-else.\n-record(state, {n, more}).\n-endif.\n"
      "start_link() -> zoo_loop:start_link(?MODULE).\ninit([]) -> #state{n = 1}.\n"
      "handle_call(n, _, #state{n = N} = S) -> {reply, N, S}.\n"
      "code_change(_, S, _) -> {ok, S}.\n");
  for (const std::string each : {"1.0.0", "2.0.0"}) {
    LabRelease made = servers("zoo", each, {"zoo_keep", "zoo_rec"});
    made.modules.back().kind = (lab.dir() / "kinds/reported").string();
    made.modules.push_back({"zoo_loop", (lab.dir() / "kinds/loop").string()});
    lab.add(made);
  }
  REQUIRE(lab.start("zoo", "1.0.0").exit == 0);
  lab.ask("lab:mark().");
  const Ran ran = lab.upgrade("zoo", "1.0.0", "2.0.0");
  CHECK(ran.exit == 1);
  CHECK(ran.err.find("1 of zoo_rec, whose record state has 1 field where the new code has 2 fields") !=
        std::string::npos);
  CHECK(lab.ask("lab:diff().") == "[]");
  CHECK(lab.ask("gen_server:call(zoo_rec, n).") == "1");
}

TEST_CASE(
    "reported: a supervisor whose new init/1 takes another argument is refused before anything changes") {
  Lab lab;
  add_zoo(lab,
          vsn +
              "-compile(debug_info).\n-behaviour(supervisor).\n"
              "-if(?VSN =:= \"1.0.0\").\nargument() -> {a, b}.\ninit({A, _}) when is_atom(A) -> children().\n"
              "-else.\nargument() -> {a, b, c}.\ninit({A, _, _}) when is_atom(A) -> children().\n-endif.\n"
              "children() -> {ok, {#{}, []}}.\n"
              "start_link() -> supervisor:start_link({local, ?MODULE}, ?MODULE, argument()).\n");
  lab.ask("lab:mark().");
  CHECK(lab.upgrade("zoo", "1.0.0", "2.0.0") == Ran{1, "",
                                                    "erlrc-upgrade: NODE: refused: supervisor zoo_rec cannot "
                                                    "be upgraded: it was started with {a,b}, which its "
                                                    "new init/1 does not take\n"});
  CHECK(lab.ask("lab:diff().") == "[]");
}

TEST_CASE(
    "reported: a function of another module whose name begins like that of a changed one does not keep its "
    "code") {
  Lab lab;
  lab.dir().write("kinds/sub.erl",
                  "-module('zoo_rec.Sub').\n-compile([export_all, nowarn_export_all]).\n"
                  "go() -> hold(fun(X) -> X end).\nhold(F) -> receive on -> F(on) end.\n");
  add_zoo(lab, vsn + "n() -> ?VSN.\n", "", false);
  lab.ask("{ok, M, Code} = compile:file(\"" + (lab.dir() / "kinds/sub").string() +
          "\", [binary]), {module, M} = code:load_binary(M, \"\", Code), "
          "register(lab_holds, spawn(M, go, [])), zoo_rec:n().");
  CHECK(lab.upgrade("zoo", "1.0.0", "2.0.0") == Ran{0, upgraded, ""});
  lab.ask("lab:await_idle().");
  CHECK(lab.upgrade("zoo", "2.0.0", "3.0.0") == Ran{0, upgraded, ""});
  CHECK(lab.ask("is_pid(whereis(lab_holds)).") == "true");
}

namespace {

/// zoo_rec is a gen_server in 1.0.0, and a gen_statem later.
const std::string becomes_statem =
    "-vsn(?VSN).\nstart_link() -> start().\ninit([]) -> first().\n"
    "handle_call(n, _, N) -> {reply, N, N}.\n"
    "-if(?VSN =:= \"1.0.0\").\n"
    "start() -> gen_server:start_link({local, ?MODULE}, ?MODULE, [], []).\nfirst() -> {ok, 1}.\n"
    "handle_cast(_, N) -> {noreply, N}.\n"
    "-else.\n"
    "start() -> gen_statem:start_link({local, ?MODULE}, ?MODULE, [], []).\nfirst() -> {ok, one, 1}.\n"
    "callback_mode() -> handle_event_function.\n"
    "handle_event({call, From}, n, _, N) -> {keep_state_and_data, [{reply, From, N + 1}]}.\n"
    "-endif.\n";

Lab& with_statem(Lab& lab, const std::string& appup) {
  lab.dir().write("kinds/becomes.erl",
                  "-module(MODULE).\n-compile([export_all, nowarn_export_all]).\n" + becomes_statem);
  for (const std::string each : {"1.0.0", "2.0.0"}) {
    LabRelease made = servers("zoo", each, {"zoo_keep", "zoo_rec"});
    made.modules.back().kind = (lab.dir() / "kinds/becomes").string();
    if (each == "2.0.0")
      made.appup = "{\"2.0.0\", [{\"1.0.0\", " + appup + "}], [{\"1.0.0\", " + appup + "}]}.";
    lab.add(made);
  }
  CHECK(lab.start("zoo", "1.0.0") == Ran{0, "erlrc-start: Starting 'zoo': (NODE) started\n", ""});
  lab.ask("lab:mark().");
  return lab;
}

}  // namespace

TEST_CASE("a gen_server whose module becomes a gen_statem is refused, unless the administrator allows it") {
  Lab lab;
  with_statem(lab, "[{update, zoo_rec, {advanced, []}}]");
  const Ran refused = lab.upgrade("zoo", "1.0.0", "2.0.0");
  CHECK(refused.exit == 1);
  CHECK(refused.err.find("refused: processes that the new code cannot serve: 1 of zoo_rec, which loses "
                         "handle_cast/2: ") != std::string::npos);
  CHECK(lab.ask("lab:diff().") == "[]");
  CHECK(lab.ask("gen_server:call(zoo_rec, n).") == "1");
}

TEST_CASE("it is upgraded if the appup stops and starts it, or the application") {
  const std::string appup = GENERATE(
      "[{load_object_code, {zoo, \"2.0.0\", [zoo_rec, zoo_keep]}}, point_of_no_return,"
      " {stop, [zoo_rec]}, {load, {zoo_rec, brutal_purge, brutal_purge}}, {start, [zoo_rec]},"
      " {suspend, [zoo_keep]}, {load, {zoo_keep, brutal_purge, brutal_purge}}, {resume, [zoo_keep]}]",
      "[{restart_application, zoo}]");
  CAPTURE(appup);
  Lab lab;
  with_statem(lab, appup);
  const Ran ran = lab.upgrade("zoo", "1.0.0", "2.0.0");
  INFO(ran);
  CHECK(ran.exit == 0);
  CHECK(lab.ask("gen_statem:call(zoo_rec, n).") == "2");
}
