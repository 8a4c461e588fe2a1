// SPDX-License-Identifier: BSD-3-Clause
#include <unistd.h>
#include "catch.hpp"

#include "lab.hpp"

// Tests the order of things in an upgrade: what code_change and init/1 see, which processes they may ask, and
// what of their effects is left after a rollback.

using namespace erlrc;
using namespace erlrc::test;

namespace {

/// A gen_server ash_boss with that code_change/3.
std::string boss(const std::string& code_change) {
  return R"(
-behaviour(gen_server).
-export([start_link/0, init/1, handle_call/3, handle_cast/2, code_change/3]).
start_link() -> gen_server:start_link({local, ?MODULE}, ?MODULE, [], []).
init([]) -> {ok, {?VSN, none}}.
handle_call(state, _, S) -> {reply, S, S}.
handle_cast(_, S) -> {noreply, S}.
)" + code_change;
}

const std::string hand = R"(
-behaviour(gen_server).
-export([start_link/1, init/1, handle_call/3, handle_cast/2]).
start_link(Name) -> gen_server:start_link({local, Name}, ?MODULE, [], []).
init([]) -> {ok, #{}}.
handle_call(_, _, S) -> {reply, ok, S}.
handle_cast(_, S) -> {noreply, S}.
)";

const std::string plainly = "code_change(_, {_, X}, _) -> {ok, {?VSN, X}}.\n";

LabRelease ash(const std::string& vsn, const std::string& code_change, const std::string& env = {}) {
  return {"ash",
          vsn,
          {{"ash_app", "app"},
           {"ash_sup", "tree",
            child_specs({"ash_pool"}, "supervisor") + " ++ " + child_specs({"ash_boss", "ash_mate"})},
           {"ash_pool", "pool", "[{w, {ash_hand, start_link, []}, temporary, 2000, worker, [ash_hand]}]"},
           {"ash_boss", "source", boss(code_change)},
           {"ash_mate", "server"},
           {"ash_hand", "source", hand}},
          {},
          {},
          env};
}

void start(Lab& lab) {
  REQUIRE(lab.start("ash", "1.0.0").exit == 0);
  lab.ask(
      "[M:module_info() || M <- [ash_app, ash_boss, ash_mate, ash_hand]], lab:mark(),"
      " ets:delete_all_objects(lab_calls).");
}

std::string state(Lab& lab) {
  return lab.ask("gen_server:call(ash_boss, state).");
}

/// An appup with an update of ash_boss alone.
const std::string shipped = R"({"2.0.0", [{"1.0.0", [{update, ash_boss, {advanced, []}}]}],
  [{"1.0.0", [{update, ash_boss, {advanced, []}}]}]}.)";

const std::string starts_child = R"(
code_change({down, V}, {_, Pid}, _) -> _ = supervisor:terminate_child(ash_pool, Pid), {ok, {V, none}};
code_change(_, _, _) -> {ok, Pid} = supervisor:start_child(ash_pool, [ash_helper]), {ok, {?VSN, Pid}}.
)";

}  // namespace

TEST_CASE("order: code_change and init/1 see the new environment, and config_change comes last") {
  Lab lab;
  const std::string reads =
      "code_change(_, _, _) -> lab:record({env, application:get_env(ash, ttl)}),\n"
      "  {ok, Ttl} = application:get_env(ash, ttl), {ok, {?VSN, Ttl}}.\n";
  lab.add(ash("1.0.0", reads, ", {ttl, 1}"));
  lab.add(ash("2.0.0", reads, ", {ttl, 60}"));
  start(lab);
  REQUIRE(lab.upgrade("ash", "1.0.0", "2.0.0").exit == 0);
  CHECK(state(lab) == R"({"2.0.0",60})");
  CHECK(lab.ask("[element(1, C) || C <- lab:calls(), lists:member(element(1, C), [env, config_change])].") ==
        "[env,config_change]");
  lab.ask("ets:delete_all_objects(lab_calls).");
  REQUIRE(lab.downgrade("ash", "1.0.0", "2.0.0").exit == 0);
  CHECK(lab.ask("[C || {env, _} = C <- lab:calls()].") == "[{env,{ok,1}}]");
}

TEST_CASE("order: the rollback of a downgrade asks init/1 with the environment of the version that runs") {
  Lab lab;
  const auto many = [](const std::string& vsn, int count) {
    LabRelease made = ash(vsn, plainly, ", {hands, " + std::to_string(count) + "}");
    made.modules[1] = {"ash_sup", "source", R"(
-behaviour(supervisor).
-export([start_link/0, init/1]).
start_link() -> supervisor:start_link({local, ?MODULE}, ?MODULE, []).
init([]) ->
    {ok, N} = application:get_env(ash, hands),
    {ok, {#{}, [#{id => I, start => {ash_hand, start_link, [I]}} || I <- lists:sublist([one, two, three], N)]}}.
)"};
    return made;
  };
  lab.add(many("1.0.0", 1));
  lab.add(many("2.0.0", 3));
  REQUIRE(lab.start("ash", "1.0.0").exit == 0);
  const std::string ids =
      "[{I, is_pid(P)} || {I, P, _, _} <- lists:reverse(supervisor:which_children(ash_sup))].";
  REQUIRE(lab.upgrade("ash", "1.0.0", "2.0.0").exit == 0);
  CHECK(lab.ask(ids) == "[{one,true},{two,true},{three,true}]");
  lab.ask("lab:on({config_change, ash}, crash, 1).");
  REQUIRE(lab.downgrade("ash", "1.0.0", "2.0.0").exit == 1);
  CHECK(lab.ask(ids) == "[{one,true},{two,true},{three,true}]");
  CHECK(lab.ask("application:get_env(ash, hands).") == "{ok,3}");
}

TEST_CASE("order: code_change may have a supervisor start a child") {
  Lab lab;
  const std::string appup = GENERATE(std::string(), shipped);
  const std::string engine = GENERATE("--engine=erlrc", "--engine=otp");
  CAPTURE(appup, engine);
  lab.add(ash("1.0.0", plainly));
  LabRelease later = ash("2.0.0", starts_child);
  later.appup = appup;
  lab.add(later);
  start(lab);
  const Ran ran = lab.upgrade("ash", "1.0.0", "2.0.0", {engine});
  INFO(ran);
  CHECK(ran.exit == 0);
  CHECK(lab.ask("gen_server:call(ash_boss, state) =:= {\"2.0.0\", whereis(ash_helper)}.") == "true");
  CHECK(lab.downgrade("ash", "1.0.0", "2.0.0", {engine}).exit == 0);
  CHECK(lab.ask("[whereis(ash_helper), supervisor:which_children(ash_pool)].") == "[undefined,[]]");
}

TEST_CASE("order: code_change may ask its own supervisor, and a sibling that is converted along with it") {
  Lab lab;
  const std::string question =
      GENERATE("length(supervisor:which_children(ash_sup))", "element(1, gen_server:call(ash_mate, vsn))");
  CAPTURE(question);
  lab.add(ash("1.0.0", plainly));
  lab.add(ash("2.0.0",
              "code_change({down, V}, _, _) -> {ok, {V, none}};\n"
              "code_change(_, _, _) -> {ok, {?VSN, " +
                  question + "}}.\n"));
  start(lab);
  const Ran ran = lab.upgrade("ash", "1.0.0", "2.0.0");
  INFO(ran);
  CHECK(ran.exit == 0);
  CHECK(
      lab.ask("lists:member(gen_server:call(ash_boss, state), [{\"2.0.0\", 3}, {\"2.0.0\", \"2.0.0\"}]).") ==
      "true");
  CHECK(lab.condition("ash") == "new");
}

TEST_CASE("order: what a conversion has started is gone after a rollback") {
  Lab lab;
  const std::string fails = GENERATE("{code_change, ash_mate}", "{config_change, ash}");
  CAPTURE(fails);
  lab.add(ash("1.0.0", plainly));
  lab.add(ash("2.0.0", starts_child));
  start(lab);
  lab.ask("lab:on(" + fails + ", crash, 1).");
  const Ran ran = lab.upgrade("ash", "1.0.0", "2.0.0");
  INFO(ran);
  CHECK(ran.exit == 1);
  CHECK(lab.ask("lab:diff_at_last().") == "[]");
  CHECK(lab.upgrade("ash", "1.0.0", "2.0.0").exit == 0);
}

TEST_CASE("order: tables that a conversion has made are gone after a rollback") {
  Lab lab;
  const auto [up, down] = GENERATE(table<std::string, std::string>({
      {"ash_table = ets:new(ash_table, [named_table])", "ets:delete(ash_table)"},
      {"ash_table = ets:new(ash_table, [named_table, private])", "ok"},
  }));
  const std::string fails = GENERATE("{code_change, ash_mate}", "{config_change, ash}");
  CAPTURE(up, down, fails);
  lab.add(ash("1.0.0", plainly));
  lab.add(ash("2.0.0", "code_change({down, V}, _, _) -> " + down + ", {ok, {V, none}};\n" +
                           "code_change(_, _, _) -> " + up + ", {ok, {?VSN, made}}.\n"));
  start(lab);
  lab.ask("lab:on(" + fails + ", crash, 1).");
  const Ran ran = lab.upgrade("ash", "1.0.0", "2.0.0");
  INFO(ran);
  CHECK(ran.exit == 1);
  CHECK(lab.ask("ets:whereis(ash_table).") == "undefined");
  CHECK(lab.ask("lab:diff().") == "[]");
  CHECK(lab.upgrade("ash", "1.0.0", "2.0.0").exit == 0);
  CHECK(state(lab) == R"({"2.0.0",made})");
}

TEST_CASE("order: a persistent term that a conversion leaves is named") {
  Lab lab;
  lab.add(ash("1.0.0", plainly));
  lab.add(ash("2.0.0",
              "code_change({down, V}, _, _) -> {ok, {V, none}};\n"
              "code_change(_, _, _) -> persistent_term:put(ash_term, 1), {ok, {?VSN, made}}.\n"));
  start(lab);
  lab.ask("lab:on({code_change, ash_mate}, crash, 1).");
  const Ran ran = lab.upgrade("ash", "1.0.0", "2.0.0");
  lab.ask("persistent_term:erase(ash_term).");
  CHECK(ran.exit == 3);
  CHECK(ran.err.find("persistent term ash_term: was not there before, and is left") != std::string::npos);
}

TEST_CASE("order: code_change gets the version that the module has, even if that is one character") {
  Lab lab;
  const std::string records = "code_change(Old, {_, X}, _) -> lab:record({from, Old}), {ok, {?VSN, X}}.\n";
  const auto [attribute, expected] = GENERATE(table<std::string, std::string>({
      {"\"1\"", "\"1\""},
      {"\"1.2\"", "\"1.2\""},
      {"one", "one"},
      {"{one, 2}", "{one,2}"},
  }));
  CAPTURE(attribute);
  LabRelease earlier = ash("1.0.0", records);
  LabRelease later = ash("2.0.0", records);
  for (LabRelease* release : {&earlier, &later})
    for (LabModule& module : release->modules)
      if (module.name == "ash_boss") module.kind = "versioned";
  for (LabModule& module : earlier.modules)
    if (module.name == "ash_boss") module.children = "-vsn(" + attribute + ").\n" + module.children;
  for (LabModule& module : later.modules)
    if (module.name == "ash_boss") module.children = "-vsn(later).\n" + module.children;
  lab.add(earlier);
  lab.add(later);
  start(lab);
  CHECK(lab.upgrade("ash", "1.0.0", "2.0.0").exit == 0);
  CHECK(lab.downgrade("ash", "1.0.0", "2.0.0").exit == 0);
  CHECK(lab.ask("[V || {from, V} <- lab:calls()].") == "[" + expected + ",{down," + expected + "}]");
}

namespace {

/// An application that starts without the module lab.
LabRelease web(const std::string& vsn) {
  return {"web",
          vsn,
          {{"web_app", "source", R"(
-export([start/2, stop/1, init/1]).
start(_, _) -> supervisor:start_link(?MODULE, []).
stop(_) -> ok.
init([]) -> {ok, {#{}, [#{id => boss, start => {web_boss, start_link, []}}]}}.
)"},
           {"web_boss", "source", boss(plainly)}}};
}

}  // namespace

TEST_CASE("order: an upgrade waits for the boot of a node, and the start type stays that of the boot") {
  Lab lab;
  lab.add(web("1.0.0"));
  lab.add(web("2.0.0"));
  REQUIRE(lab.start("web", "1.0.0").exit == 0);
  const std::string boot = (lab.dir() / "slow").string();
  lab.ask(
      "{ok, Boot} = file:read_file(code:root_dir() ++ \"/bin/start_clean.boot\"),"
      " {script, Name, Commands} = binary_to_term(Boot),"
      " {Before, Started} = lists:split(length(Commands) - 1, Commands),"
      " Slowly = [{apply, {code, add_patha, [\"" +
      lab.at("web", "1.0.0") +
      "/ebin\"]}}, {apply, {timer, sleep, [3000]}}, {apply, {application, load, [web]}},"
      " {apply, {application, start_boot, [web, permanent]}}],"
      " ok = file:write_file(\"" +
      boot + ".boot\", term_to_binary({script, Name, Before ++ Slowly ++ Started})).");
  const LiveEpmd epmd;
  // Its process is looked for by its name, and the same test may run with another Erlang at the same time.
  const std::string name = "slow" + std::to_string(::getpid());
  lab.dir().write("nodes/" + name, "cookie = slow\nepmd_port = " + std::to_string(epmd.port()) + "\n", 0600);
  Child node({"erl", "-noinput", "-sname", name, "-setcookie", "slow", "-boot", boot},
             {"ERL_EPMD_PORT=" + std::to_string(epmd.port()), "ERL_EPMD_ADDRESS=127.0.0.1",
              "ERL_CRASH_DUMP_SECONDS=0"},
             lab.output());
  const auto answer = [&](const std::string& expression) {
    return lab.run(eval_main, {name, expression}).out;
  };
  while (node.runs() && answer("init:get_status()").find("starting") == std::string::npos)
    REQUIRE(answer("init:get_status()").find("started,started") == std::string::npos);
  const Ran ran = lab.upgrade("web", "1.0.0", "2.0.0");
  INFO(ran);
  CHECK(ran.exit == 0);
  CHECK(answer("{proplists:get_value(web, proplists:get_value(started, application:info())), "
               "application:get_key(web, vsn)}") == "{permanent,{ok,\"2.0.0\"}}\n");
  CHECK(answer("gen_server:call(web_boss, state)") == "{\"2.0.0\",none}\n");
}
