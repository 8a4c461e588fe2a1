// SPDX-License-Identifier: BSD-3-Clause
#include "catch.hpp"
#include "lab.hpp"

// Tests that a rehearsal runs the conversions of an upgrade on copies of the states and does not change the
// node.

using namespace erlrc;
using namespace erlrc::test;

namespace {

/// A supervisor and a server with the state `state` and the code_change `change`.
LabRelease elm(Lab& lab, const std::string& vsn, const std::string& state, const std::string& change) {
  lab.dir().write("kinds/elm_srv.erl",
                  "-module(elm_srv).\n-behaviour(gen_server).\n-vsn(?VSN).\n"
                  "-export([start_link/0, init/1, handle_call/3, handle_cast/2, code_change/3]).\n"
                  "start_link() -> gen_server:start_link({local, ?MODULE}, ?MODULE, [], []).\n"
                  "init([]) -> {ok, " +
                      state +
                      "}.\n"
                      "handle_call(_, _, State) -> {reply, {?VSN, State}, State}.\n"
                      "handle_cast(_, State) -> {noreply, State}.\n"
                      "code_change(Old, State, Extra) -> _ = {Old, Extra}, " +
                      change + ".\n");
  return {"elm",
          vsn,
          {{"elm_app", "app"},
           {"elm_sup", "tree", child_specs({"elm_srv"})},
           {"elm_srv", (lab.dir() / "kinds/elm_srv").string()}}};
}

/// Both versions; the first one runs.
void set_up(Lab& lab, const std::string& state, const std::string& change) {
  lab.add(elm(lab, "1.0.0", state, "{ok, State}"));
  lab.add(elm(lab, "2.0.0", state, change));
  REQUIRE(lab.start("elm", "1.0.0").exit == 0);
  lab.ask("lab:mark().");
}

const std::string rehearsed = "erlrc-upgrade: Upgrading 'elm': (NODE) rehearsed\n";

}  // namespace

TEST_CASE("rehearsal: covers every kind of process, and changes nothing") {
  Lab lab;
  for (const std::string vsn : {"1.0.0", "2.0.0"})
    lab.add({"kin",
             vsn,
             {{"kin_app", "plain_app"},
              {"kin_sup", "tree", child_specs({"kin_server", "kin_statem", "kin_event", "kin_special"})},
              {"kin_server", "quiet"},
              {"kin_statem", "quiet_statem"},
              {"kin_event", "quiet_event"},
              {"kin_special", "quiet_special"}}});
  REQUIRE(lab.start("kin", "1.0.0").exit == 0);
  lab.ask("lab:mark().");
  CHECK(lab.upgrade("kin", "1.0.0", "2.0.0", {"--rehearse"}) ==
        Ran{0,
            "erlrc-upgrade: Upgrading 'kin': (NODE) rehearsed\n"
            "  rehearsed: kin_event: 1 of 1 state converted\n"
            "  rehearsed: kin_server: 1 of 1 state converted\n"
            "  rehearsed: kin_special: 1 of 1 state converted\n"
            "  rehearsed: kin_statem: 1 of 1 state converted\n"
            "  rehearsed: kin_sup: 1 of 1 state converted\n",
            ""});
  CHECK(lab.ask("lab:diff().") == "[]");
  CHECK(lab.condition("kin") == "old");
  CHECK(lab.upgrade("kin", "1.0.0", "2.0.0").exit == 0);
  lab.ask("lab:mark().");
  const Ran back = lab.downgrade("kin", "1.0.0", "2.0.0", {"--rehearse"});
  CHECK(back.exit == 0);
  CHECK(back.out.find("kin_special: 1 of 1 state converted\n") != std::string::npos);
  CHECK(lab.ask("lab:diff().") == "[]");
}

TEST_CASE("a code_change that fails is reported with the line of the application's own code") {
  Lab lab;
  set_up(lab, "#{}", "{ok, State#{limit => maps:get(limit, State)}}");
  const Ran ran = lab.upgrade("elm", "1.0.0", "2.0.0");
  INFO(ran);
  CHECK(ran.exit == 1);
  CHECK(ran.err.find(": elm_srv:code_change/3, elm_srv.erl:9: {badkey,limit}\n") != std::string::npos);
  CHECK(lab.ask("lab:diff().") == "[]");
}

TEST_CASE("rehearsal: reports conversions that fail, and those that cannot be rehearsed") {
  Lab lab;
  const auto [state, change, exit, line] = GENERATE(table<std::string, std::string, int, std::string>({
      {"{1, 2}", "case State of {A, B} -> {ok, [A, B, Old, Extra]} end", 0, ""},
      {"{1, 2, 3}", "case State of {A, B} -> {ok, [A, B]} end", 1,
       "elm_srv:code_change/3, elm_srv.erl:9: {case_clause,{1,2,3}}"},
      {"1", "{error, no}", 1, "returned {error,no}"},
      {"1", "error(State)", 1, "elm_srv:code_change/3, elm_srv.erl:9: 1"},
      {"1", "receive never -> ok end", 1, "did not return in 5 seconds"},
      {"1", "{ok, gen_server:call(kernel_refc_of_elm, State)}", 0,
       "exit {noproc,{gen_server,call,[kernel_refc_of_elm,1]}}, and in the scratch node "
       "there is no other process"},
      {"1", "elm_nobody ! State, {ok, State}", 0, "and in the scratch node there is no other process"},
      {"ets:new(t, [])", "{ok, ets:tab2list(State)}", 0, "and in the scratch node there is no table"},
      {"{self(), x}", "case State of {P, y} when is_pid(P) -> {ok, P} end", 0,
       "and in the scratch node there is no process that its state names"},
      {"application:get_env(elm, of_vsn)", "{ok, _} = State, {ok, application:get_env(elm, of_vsn)}", 0, ""},
  }));
  CAPTURE(state, change);
  set_up(lab, state, change);
  const Ran ran = lab.upgrade("elm", "1.0.0", "2.0.0", {"--rehearse"});
  INFO(ran);
  CHECK(ran.exit == exit);
  const std::string all = ran.out + ran.err;
  if (exit == 0) CHECK(all.starts_with(rehearsed));
  if (exit == 1)
    CHECK(all.starts_with("erlrc-upgrade: NODE: refused: conversions that fail in the rehearsal: 1 of 2\n"));
  CHECK(all.find(exit == 1      ? "  fails: <"
                 : line.empty() ? "elm_srv: 1 of 1 state converted\n"
                                : "  cannot be rehearsed: <") != std::string::npos);
  CHECK(all.find(line) != std::string::npos);
  CHECK(lab.ask("lab:diff().") == "[]");
}

TEST_CASE("rehearsal: effects of the new code do not reach other processes") {
  Lab lab;
  set_up(lab, "1",
         "register(elm_was_here, self()), application:set_env(elm, of_vsn, other), catch elm_srv ! State,"
         " code:add_patha(\"/tmp\"), io:format(\"noise~n\"), {ok, State}");
  CHECK(lab.upgrade("elm", "1.0.0", "2.0.0", {"--rehearse"}).exit == 0);
  CHECK(lab.ask("lab:diff().") == "[]");
  // Only this node's children: other tests may have scratch nodes of their own.
  CHECK(lab.ask("os:cmd(\"ps -o args --ppid $(ps -o pid= --ppid \" ++ os:getpid() ++"
                " \") | grep -c '[o]pen_port({fd, 3, 4}'\").") == "\"0\\n\"");
}

TEST_CASE("rehearsal: is in the JSON record") {
  Lab lab;
  set_up(lab, "1", "{error, no}");
  const Ran ran = lab.upgrade("elm", "1.0.0", "2.0.0", {"--rehearse", "--json"});
  CHECK(ran.exit == 1);
  CHECK(ran.out.find(R"("result":"fails","why":"returned {error,no}"})") != std::string::npos);
  CHECK(ran.out.find(R"({"module":"elm_sup","process":")") != std::string::npos);
  const Ran without = lab.upgrade("elm", "1.0.0", "2.0.0", {"--dry-run", "--json"});
  CHECK(without.out.find("rehearsal") == std::string::npos);
}

TEST_CASE("rehearsal: refuses what the upgrade refuses though all states can be converted") {
  Lab lab;
  lab.dir().write("kinds/one_sup.erl",
                  "-module(MODULE).\n-behaviour(supervisor).\n-export([start_link/0, init/1]).\n"
                  "start_link() -> supervisor:start_link(?MODULE, []).\n"
                  "init([]) -> {ok, {#{}, [#{id => srv, start => {elm_srv, start_link, []}}]}}.\n");
  for (const std::string vsn : {"1.0.0", "2.0.0"}) {
    LabRelease made = elm(lab, vsn, "1", "{ok, State}");
    made.modules[0].kind = "plain_app";
    made.modules[1].kind = (lab.dir() / "kinds/one_sup").string();
    if (vsn == "2.0.0") made.modules[2].kind = "plain";
    lab.add(made);
  }
  REQUIRE(lab.start("elm", "1.0.0").exit == 0);
  lab.ask("lab:mark().");
  const std::string option = GENERATE("--rehearse", "--explain", "--json");
  const Ran ran = lab.upgrade("elm", "1.0.0", "2.0.0", {option});
  INFO(ran);
  CHECK(ran.exit == 1);
  CHECK(has(ran.out + ran.err,
            "processes that the new code cannot serve: 1 of elm_srv, which loses handle_call/3, "));
  CHECK(lab.ask("lab:diff().") == "[]");
}
