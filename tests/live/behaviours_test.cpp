// SPDX-License-Identifier: BSD-3-Clause
#include "catch.hpp"
#include "lab.hpp"

// Tests upgrades of processes whose behaviour is not one of OTP's: copies of supervisor.erl, Elixir's
// GenStage and what is made of it. Their processes are servers of the library, which have the module in
// their state.

using namespace erlrc;
using namespace erlrc::test;

namespace {

/// Loads supervisor.erl as supervisor2, which is what RabbitMQ's began as.
void add_supervisor2(Lab& lab) {
  REQUIRE(
      lab.ask(
          "{ok, {_, [{_, {_, Forms}}]}} = beam_lib:chunks(code:which(supervisor), [abstract_code]),"
          "Walk = fun W({call, A, {remote, _, {atom, _, gen_server}, {atom, _, start_link}} = F, Args}) ->"
          "             {call, A, F, [case X of {atom, B, supervisor} -> {atom, B, supervisor2}; _ -> X end"
          "                           || X <- Args]};"
          "           W({attribute, A, module, _}) -> {attribute, A, module, supervisor2};"
          "           W(T) when is_tuple(T) -> list_to_tuple(W(tuple_to_list(T)));"
          "           W([H | T]) -> [W(H) | W(T)];"
          "           W(Other) -> Other"
          "       end,"
          "{ok, supervisor2, Beam} = compile:forms(Walk(Forms), []),"
          "code:load_binary(supervisor2, \"supervisor2.beam\", Beam).") == "{module,supervisor2}");
}

/// Loads a module of a library, which is not part of the application.
void add_library(Lab& lab, const std::string& module, const std::string& text) {
  lab.dir().write("library/" + module + ".erl",
                  "-module('" + module + "').\n-compile([export_all, nowarn_export_all]).\n" + text);
  lab.ask("File = \"" + lab.dir().path().string() + "/library/" + module +
          "\", {ok, Module, Beam} = compile:file(File, [binary]), {module, _} = code:load_binary(Module, "
          "File, Beam).");
}

const std::string worker =
    "-behaviour(gen_server).\n-export([start_link/1, init/1, handle_call/3, handle_cast/2, code_change/3]).\n"
    "code_change(_, S, _) -> {ok, S}.\n"
    "start_link(Name) -> gen_server:start_link({local, Name}, ?MODULE, [], []).\n"
    "init([]) -> {ok, []}.\nhandle_call(vsn, _, S) -> {reply, ?VSN, S}.\nhandle_cast(_, S) -> {noreply, "
    "S}.\n";

/// The module ash_two of that behaviour, whose init/1 has this body.
std::string of_behaviour(const std::string& behaviour, const std::string& init) {
  return "-behaviour('" + behaviour +
         "').\n-export([start_link/0, init/1]).\n"
         "start_link() -> '" +
         behaviour +
         "':start_link({local, ?MODULE}, ?MODULE, []).\n"
         "init([]) -> " +
         init +
         ".\n"
         "worker(Id) -> #{id => Id, start => {ash_worker, start_link, [Id]}}.\n"
         "-compile({nowarn_unused_function, {worker, 1}}).\n";
}

/// An application whose supervisor starts ash_two, or whose supervisor that is.
LabRelease ash(const std::string& vsn, const std::string& two, const std::string& modules = "[ash_two]") {
  LabRelease made{
      "ash",
      vsn,
      {{"ash_app", "app"},
       {"ash_sup", "sup",
        "[{ash_two, {ash_two, start_link, []}, permanent, infinity, supervisor, " + modules + "}]"},
       {"ash_two", "source", two},
       {"ash_worker", "source", worker}}};
  if (modules.empty()) {
    made.modules[0] = {"ash_app", "source",
                       "-export([start/2, stop/1]).\nstart(_, _) -> ash_two:start_link().\nstop(_) -> ok.\n"};
    made.modules.erase(made.modules.begin() + 1);
  }
  return made;
}

const std::string ids =
    "[{I, is_pid(P)} || {I, P, _, _} <- lists:reverse(supervisor2:which_children(ash_two))].";
const std::string upgraded = "erlrc-upgrade: Upgrading 'ash': (NODE) upgraded\n";
const std::string downgraded = "erlrc-downgrade: Downgrading 'ash': (NODE) downgraded\n";

}  // namespace

TEST_CASE(
    "behaviours: a copy of supervisor.erl has its children changed, wherever and however it is declared") {
  // The last one is the top supervisor of its application.
  const std::string modules = GENERATE("[ash_two]", "[supervisor2]", "dynamic", "");
  CAPTURE(modules);
  Lab lab;
  add_supervisor2(lab);
  lab.add(ash("1.0.0", of_behaviour("supervisor2", "{ok, {#{}, [worker(a), worker(b)]}}"), modules));
  lab.add(ash("2.0.0", of_behaviour("supervisor2", "{ok, {#{}, [worker(b), worker(c)]}}"), modules));
  REQUIRE(lab.start("ash", "1.0.0").exit == 0);
  lab.ask("persistent_term:put(ash_b, whereis(b)), ash_worker:module_info(), lab:mark().");
  SECTION("up and down") {
    CHECK(lab.upgrade("ash", "1.0.0", "2.0.0") == Ran{0, upgraded, ""});
    CHECK(lab.ask(ids) == "[{b,true},{c,true}]");
    CHECK(lab.ask("whereis(a).") == "undefined");
    CHECK(lab.ask("gen_server:call(c, vsn).") == "\"2.0.0\"");
    CHECK(lab.ask("whereis(b) =:= persistent_term:get(ash_b).") == "true");
    CHECK(lab.downgrade("ash", "1.0.0", "2.0.0").exit == 0);
    CHECK(lab.ask(ids) == "[{a,true},{b,true}]");
  }
  SECTION("after a rollback") {
    lab.add(ash("3.0.0", of_behaviour("supervisor2", "{ok, {#{}, [worker(b), worker(c), bad]}}"), modules));
    CHECK(lab.upgrade("ash", "1.0.0", "3.0.0").exit == 1);
    CHECK(lab.ask("lab:diff_but_pids().") == "[]");
    CHECK(lab.ask(ids) == "[{a,true},{b,true}]");
  }
}

TEST_CASE("behaviours: a copy of supervisor.erl under another application's supervisor is converted") {
  Lab lab;
  add_supervisor2(lab);
  lab.add(ash("1.0.0", of_behaviour("supervisor2", "{ok, {#{}, [worker(a), worker(b)]}}"), "[ash_two]"));
  lab.add(ash("2.0.0", of_behaviour("supervisor2", "{ok, {#{}, [worker(b), worker(c)]}}"), "[ash_two]"));
  lab.add({"door",
           "1.0.0",
           {{"door_app", "app"},
            {"door_sup", "sup",
             "[{two, {ash_two, start_link, []}, temporary, infinity, supervisor, " +
                 GENERATE(as<std::string>{}, "[ash_two]", "[supervisor2]") + "}]"}}});
  REQUIRE(lab.start("ash", "1.0.0").exit == 0);
  lab.ask("supervisor:terminate_child(ash_sup, ash_two).");
  REQUIRE(lab.start("door", "1.0.0").exit == 0);
  CHECK(lab.upgrade("ash", "1.0.0", "2.0.0") == Ran{0, upgraded, ""});
  CHECK(lab.ask(ids) == "[{b,true},{c,true}]");
}

TEST_CASE("behaviours: a supervisor of a library that does not ask init/1 again is named") {
  Lab lab;
  add_library(lab, "other_supervisor",
              "-behaviour(gen_server).\n"
              "start_link(Name, M, A) -> gen_server:start_link(Name, ?MODULE, {M, A}, []).\n"
              "init({M, A}) -> {ok, {_, Specs}} = M:init(A), {ok, {state, M, A,\n"
              "  [{Id, element(2, apply(M2, F, A2)), worker, [M2]} || #{id := Id, start := {M2, F, A2}} <- "
              "Specs]}}.\n"
              "handle_call(which_children, _, S) -> {reply, element(4, S), S}.\n"
              "handle_cast(_, S) -> {noreply, S}.\ncode_change(_, S, _) -> {ok, S}.\n");
  lab.add(ash("1.0.0", of_behaviour("other_supervisor", "{ok, {#{}, [worker(a), worker(b)]}}")));
  lab.add(ash("2.0.0", of_behaviour("other_supervisor", "{ok, {#{}, [worker(b), worker(c)]}}")));
  REQUIRE(lab.start("ash", "1.0.0").exit == 0);
  CHECK(lab.upgrade("ash", "1.0.0", "2.0.0") ==
        Ran{0,
            upgraded +
                "  remark: supervisor ash_two keeps the children that it has: what its behaviour does with "
                "ash_two:init/1 is not known\n",
            ""});
  CHECK(lab.ask("[is_pid(whereis(N)) || N <- [a, b, c]].") == "[true,true,false]");
}

namespace {

/// As much of Elixir's GenStage and ConsumerSupervisor as these tests need.
void add_stages(Lab& lab) {
  add_library(
      lab, "Elixir.GenStage",
      "-behaviour(gen_server).\n"
      "start_link(Name, M, A) -> gen_server:start_link(Name, ?MODULE, {M, A}, []).\n"
      "init({M, A}) -> {consumer, S} = M:init(A), {ok, #{'__struct__' => ?MODULE, mod => M, state => S}}.\n"
      "handle_call(R, F, #{mod := M, state := S} = Stage) -> {reply, A, N} = M:handle_call(R, F, S),\n"
      "  {reply, A, Stage#{state := N}}.\nhandle_cast(_, S) -> {noreply, S}.\n"
      "code_change(V, #{mod := M, state := S} = Stage, E) ->\n"
      "  {ok, N} = M:code_change(V, S, E), {ok, Stage#{state := N}}.\n");
  add_library(lab, "Elixir.ConsumerSupervisor",
              "-behaviour('Elixir.GenStage').\n"
              "start_link(Name, M, A) -> 'Elixir.GenStage':start_link(Name, ?MODULE, {M, A}).\n"
              "init(C, O) -> {ok, C, O}.\n"
              "init({M, A}) -> {ok, [T], _} = M:init(A), put('$initial_call', {supervisor, M, 1}),\n"
              "  {consumer, #{'__struct__' => ?MODULE, mod => M, args => A, template => T}}.\n"
              "handle_call(which_children, _, S) -> {reply, [], S};\n"
              "handle_call(template, _, #{template := T} = S) -> {reply, T, S}.\n"
              "code_change(_, #{mod := M, args := A} = S, _) -> {ok, [T], _} = M:init(A), {ok, S#{template "
              ":= T}}.\n");
}

std::string template_of(const std::string& name) {
  return "'Elixir.ConsumerSupervisor':init([worker(" + name + ")], [])";
}

}  // namespace

TEST_CASE("behaviours: a ConsumerSupervisor of Elixir asks init/1 again for its template") {
  Lab lab;
  add_stages(lab);
  lab.add(ash("1.0.0", of_behaviour("Elixir.ConsumerSupervisor", template_of("a"))));
  lab.add(ash("2.0.0", of_behaviour("Elixir.ConsumerSupervisor", template_of("b"))));
  REQUIRE(lab.start("ash", "1.0.0").exit == 0);
  CHECK(lab.upgrade("ash", "1.0.0", "2.0.0") == Ran{0, upgraded, ""});
  CHECK(lab.ask("maps:get(id, gen_server:call(ash_two, template)).") == "b");
  CHECK(lab.downgrade("ash", "1.0.0", "2.0.0") == Ran{0, downgraded, ""});
  CHECK(lab.ask("maps:get(id, gen_server:call(ash_two, template)).") == "a");
}

TEST_CASE("behaviours: a GenStage of Elixir is converted, whatever supervises it, also while it hibernates") {
  Lab lab;
  add_stages(lab);
  const std::string stage =
      "-behaviour('Elixir.GenStage').\n-export([start_link/0, init/1, handle_call/3, code_change/3]).\n"
      "start_link() -> 'Elixir.GenStage':start_link({local, ?MODULE}, ?MODULE, []).\n"
      "init([]) -> {consumer, ?VSN}.\nhandle_call(vsn, _, S) -> {reply, {?VSN, S}, S}.\n"
      "code_change({down, V}, _, _) -> {ok, V};\ncode_change(_, _, _) -> {ok, ?VSN}.\n";
  for (const std::string vsn : {"1.0.0", "2.0.0"})
    lab.add(ash(vsn, stage));
  REQUIRE(lab.start("ash", "1.0.0").exit == 0);
  lab.ask("supervisor:terminate_child(ash_sup, ash_two).");
  lab.ask(
      "{ok, _} = gen_server:start({local, ash_two}, 'Elixir.GenStage', {ash_two, []}, [{hibernate_after, " +
      GENERATE(as<std::string>{}, "1", "infinity") + "}]), lab:await_rest(whereis(ash_two)).");
  CHECK(lab.upgrade("ash", "1.0.0", "2.0.0") == Ran{0, upgraded, ""});
  CHECK(lab.ask("gen_server:call(ash_two, vsn).") == "{\"2.0.0\",\"2.0.0\"}");
  CHECK(lab.downgrade("ash", "1.0.0", "2.0.0") == Ran{0, downgraded, ""});
  CHECK(lab.ask("gen_server:call(ash_two, vsn).") == "{\"1.0.0\",\"1.0.0\"}");
  lab.ask("exit(whereis(ash_two), kill).");
}

TEST_CASE("behaviours: the root of an application may be a server") {
  Lab lab;
  for (const std::string vsn : {"1.0.0", "2.0.0"})
    lab.add({"zoo", vsn, {{"zoo_app", "app"}, {"zoo_sup", "server"}}});
  REQUIRE(lab.start("zoo", "1.0.0").exit == 0);
  CHECK(lab.upgrade("zoo", "1.0.0", "2.0.0", {"--stranded=refuse"}) ==
        Ran{0, "erlrc-upgrade: Upgrading 'zoo': (NODE) upgraded\n", ""});
  CHECK(lab.ask("gen_server:call(zoo_sup, vsn).") == "{\"2.0.0\",\"2.0.0\"}");
}
