// SPDX-License-Identifier: BSD-3-Clause
#include "catch.hpp"
#include "lab.hpp"
#include "zoo.hpp"

// Tests states that no clause of a callback of the new code takes: of another tag, another type, without a
// key, or in a part of them.

using namespace erlrc;
using namespace erlrc::test;

namespace {

struct Version {
  std::string init, calls;
};

/// A server with these versions. `more` is code of both; it may export, too.
std::string server(Lab& lab, const Version& one, const Version& two, const std::string& more = "") {
  lab.dir().write("kinds/taker.erl",
                  "-module(MODULE).\n-behaviour(gen_server).\n-vsn(?VSN).\n"
                  "-export([start_link/0, init/1, handle_call/3, handle_cast/2]).\n" +
                      more +
                      "start_link() -> gen_server:start_link({local, ?MODULE}, ?MODULE, [], []).\n"
                      "handle_cast(_, S) -> {noreply, S}.\n-if(?VSN =:= \"1.0.0\").\ninit([]) -> {ok, " +
                      one.init + "}.\n" + one.calls + "\n-else.\ninit([]) -> {ok, " + two.init + "}.\n" +
                      two.calls + "\n-endif.\n");
  return (lab.dir() / "kinds/taker").string();
}

std::string machine(Lab& lab, const std::string& callbacks) {
  lab.dir().write("kinds/taker.erl",
                  "-module(MODULE).\n-behaviour(gen_statem).\n-vsn(?VSN).\n"
                  "-export([start_link/0, init/1, callback_mode/0, code_change/4]).\n" +
                      callbacks +
                      "start_link() -> gen_statem:start_link({local, ?MODULE}, ?MODULE, [], []).\n"
                      "code_change(_, N, S, _) -> {ok, N, S}.\n");
  return (lab.dir() / "kinds/taker").string();
}

const std::string pass_on = "-export([code_change/3]).\ncode_change(_, S, _) -> {ok, S}.\n";
const std::string record = "handle_call(n, _, {state, N} = S) -> {reply, N, S}.";
const std::string refused = "refused: nothing converts states: 1 of zoo_rec, whose ";

void check_refused(Lab& lab, const std::string& why) {
  const Ran rehearsed = lab.upgrade("zoo", "1.0.0", "2.0.0", {"--rehearse"});
  INFO(rehearsed);
  CHECK(rehearsed.exit == 1);
  const Ran ran = lab.upgrade("zoo", "1.0.0", "2.0.0");
  INFO(ran);
  CHECK(ran.exit == 1);
  CHECK(has(ran.err, refused + why));
  CHECK(lab.ask("lab:diff().") == "[]");
}

}  // namespace

TEST_CASE("taken states: a state that the new code takes nowhere is refused before anything changes") {
  Lab lab;
  const auto [name, one, two, why] = GENERATE(table<std::string, Version, Version, std::string>({
      {"another tag",
       {"{state, 1}", record},
       {"{srv, 1}", "handle_call(n, _, {srv, N} = S) -> {reply, N, S}."},
       "state is a tuple state, which handle_call/3 of the new code does not take"},
      {"a map",
       {"{state, 1}", record},
       {"#{n => 1}", "handle_call(n, _, #{n := N} = S) -> {reply, N, S}."},
       "state is a tuple state, which handle_call/3 of the new code does not take"},
      {"a record of a number",
       {"1", "handle_call(n, _, N) -> {reply, N, N}."},
       {"{state, 1}", record},
       "state is a number, which handle_call/3 of the new code does not take"},
      {"a number of a record",
       {"{state, 1}", record},
       {"1", "handle_call(n, _, N) -> {reply, N + 0, N}."},
       "state is a tuple state, which handle_call/3 of the new code does not take"},
      {"in the body, and other messages",
       {"{state, 1}", record + "\n"},
       {"{srv, 1}",
        "handle_call(n, _, S) -> {srv, N} = S, {reply, N, S};\n"
        "handle_call(_, _, S) -> {reply, unknown, S}."},
       "state is a tuple state, which handle_call/3 of the new code does not take"},
      {"in another function",
       {"{state, 1}", record},
       {"#{n => 1}", "handle_call(n, _, S) -> {reply, n(S), S}.\nn(S) -> maps:get(n, S)."},
       "state is a tuple state, which handle_call/3 of the new code does not take"},
      {"a key of one",
       {"#{n => 1}", "handle_call(n, _, #{n := N} = S) -> {reply, N, S}."},
       {"#{n => 1, limit => 2}", "handle_call(n, _, #{limit := N} = S) -> {reply, N, S}."},
       "map has no key limit, which the new code needs"},
      {"a key renamed",
       {"#{n => 1, max => 2}", "handle_call(n, _, #{n := N, max := _} = S) -> {reply, N, S}."},
       {"#{n => 1, limit => 2}", "handle_call(n, _, #{n := N, limit := _} = S) -> {reply, N, S}."},
       "map has no key limit, which the new code needs"},
      {"a key that has a default elsewhere",
       {"#{n => 1, m => 2}",
        "handle_call(n, _, S) -> {reply, maps:get(n, S), S};\n"
        "handle_call(limit, _, S) -> {reply, none, S}."},
       {"#{n => 1, m => 2, limit => 2}",
        "handle_call(n, _, S) -> {reply, maps:get(limit, S), S};\n"
        "handle_call(limit, _, S) -> {reply, maps:get(limit, S, 1), S}."},
       "map has no key limit, which the new code needs"},
      {"a key that is updated",
       {"#{n => 1, m => 2}", "handle_call(n, _, #{n := N} = S) -> {reply, N, S}."},
       {"#{n => 1, m => 2, limit => 2}",
        "handle_call(n, _, #{n := N} = S) -> {reply, N, maps:update_with(limit, fun(L) -> L + 1 end, S)}."},
       "map has no key limit, which the new code needs"},
      {"a key of a map that no literal shows",
       {"maps:from_list([{n, 1}])", "handle_call(n, _, S) -> {reply, maps:get(n, S), S}."},
       {"maps:from_list([{n, 1}, {limit, 1}])", "handle_call(n, _, S) -> {reply, maps:get(limit, S), S}."},
       "map has no key limit, which the new code needs"},
      {"a key of a part",
       {"#{n => 1, conf => #{a => 1, b => 1}}",
        "handle_call(n, _, #{conf := #{a := N}} = S) -> {reply, N, S}."},
       {"#{n => 1, conf => #{a => 1, b => 1, c => 1}}",
        "handle_call(n, _, #{conf := #{c := N}} = S) -> {reply, N, S}."},
       "map has no key c, which the new code needs"},
      {"a record in a record",
       {"{state, {user, 1}}", "handle_call(n, _, {state, {user, N}} = S) -> {reply, N, S}."},
       {"{state, {person, 1}}", "handle_call(n, _, {state, {person, N}} = S) -> {reply, N, S}."},
       "state is a tuple state, which handle_call/3 of the new code does not take"},
  }));
  CAPTURE(name);
  start_keeper(lab, server(lab, one, two, GENERATE(std::string(), pass_on)));
  check_refused(lab, why);
}

TEST_CASE("taken states: the data and the state of a state machine are compared, too") {
  Lab lab;
  const auto [callbacks, why] = GENERATE(table<std::string, std::string>({
      {"-export([open/3]).\ncallback_mode() -> state_functions.\n-if(?VSN =:= \"1.0.0\").\n"
       "init([]) -> {ok, open, {data, 1}}.\n"
       "open({call, F}, n, {data, N}) -> {keep_state_and_data, {reply, F, N}}.\n-else.\n"
       "init([]) -> {ok, open, #{n => 1}}.\n"
       "open({call, F}, n, #{n := N}) -> {keep_state_and_data, {reply, F, N}}.\n-endif.\n",
       "state is a tuple open, which open/3 of the new code does not take"},
      {"-export([handle_event/4]).\ncallback_mode() -> handle_event_function.\n-if(?VSN =:= \"1.0.0\").\n"
       "init([]) -> {ok, open, 1}.\n"
       "handle_event({call, F}, n, open, N) -> {keep_state_and_data, {reply, F, N}}.\n-else.\n"
       "init([]) -> {ok, ready, 1}.\n"
       "handle_event({call, F}, n, ready, N) -> {keep_state_and_data, {reply, F, N}}.\n-endif.\n",
       "state is a tuple open, which handle_event/4 of the new code does not take"},
  }));
  start_keeper(lab, machine(lab, callbacks));
  check_refused(lab, why);
}

TEST_CASE("taken states: a code_change that keeps the tag of a state is rolled back") {
  Lab lab;
  start_keeper(lab, server(lab, {"{state, 1}", record},
                           {"{srv, 1}", "handle_call(n, _, {srv, N} = S) -> {reply, N, S}."},
                           "-export([code_change/3]).\n"
                           "code_change(_, {state, N}, _) -> {ok, {state, N + 1}}.\n"));
  const Ran ran = lab.upgrade("zoo", "1.0.0", "2.0.0");
  INFO(ran);
  CHECK(ran.exit == 1);
  CHECK(has(ran.err,
            "rolled_back: code_change has not converted states: 1 of zoo_rec, whose state is a tuple "
            "state, which handle_call/3 of the new code does not take"));
  CHECK(lab.ask("lab:diff().") == "[]");
}

TEST_CASE("taken states: what a function of code_change alone matches is not what a version can have") {
  Lab lab;
  start_keeper(lab, server(lab, {"{state, 1}", record},
                           {"{state, 1, 2}", "handle_call(n, _, {state, N, _} = S) -> {reply, N, S}."},
                           "-export([code_change/3]).\n"
                           "code_change(\"of no version\", S, _) -> {ok, converted(S)};\n"
                           "code_change(_, S, _) -> {ok, S}.\n"
                           "converted({state, N}) -> {state, N, 2}.\n"));
  const Ran ran = lab.upgrade("zoo", "1.0.0", "2.0.0");
  INFO(ran);
  CHECK(ran.exit == 1);
  CHECK(has(ran.err, "zoo_rec, whose record state has 1 field where the new code has 2 fields"));
  CHECK(lab.ask("lab:diff().") == "[]");
}

TEST_CASE("taken states: what a library keeps next to the name of a module is a state of it") {
  Lab lab;
  start_keeper(lab, server(lab, {"{state, 1}", "handle_call(n, _, {state, N} = S) -> {reply, N, S}."},
                           {"{state, 1, 2}", "handle_call(n, _, {state, N, _} = S) -> {reply, N, S}."},
                           "-export([code_change/3]).\n"
                           "code_change(_, {state, N}, _) -> {ok, {state, N, 2}}.\n"));
  lab.add(servers("durable", "1.0.0", {"durable_child"}));
  REQUIRE(lab.start("durable", "1.0.0").exit == 0);
  const std::string kept =
      GENERATE("{state, zoo_rec, name, [], {state, 7}}", "#{mod => zoo_rec, name => n, zst => {state, 7}}",
               "{{req, zoo_rec, path}, {state, 7}}");
  CAPTURE(kept);
  lab.ask("sys:replace_state(durable_child, fun(_) -> " + kept + " end), lab:mark().");
  const Ran ran = lab.upgrade("zoo", "1.0.0", "2.0.0");
  INFO(ran);
  CHECK(ran.exit == 1);
  CHECK(has(ran.err, "refused: nothing converts states: 1 of zoo_rec, whose record state has 1 field"));
  CHECK(has(ran.err, "durable_child"));
  CHECK(lab.ask("lab:diff().") == "[]");
}

TEST_CASE("taken states: a state is kept that the new code takes, makes or has for another message") {
  Lab lab;
  const auto [name, one, two] = GENERATE(table<std::string, Version, Version>({
      {"a message of more keys",
       {"#{id => 1, at => 2}", "handle_call(n, _, #{id := N} = S) -> {reply, N, S}."},
       {"#{id => 1, at => 2}",
        "handle_call(n, _, #{id := N, at := A} = S) ->\n"
        "  self() ! #{id => N, at => A, reply => 3}, {reply, reply(#{id => N, at => A, reply => N}), S}.\n"
        "reply(#{reply := N}) -> N."}},
      {"all tags, in a clause of the last resort",
       {"{state, 1}", record},
       {"{srv, 1}",
        "handle_call(n, _, {srv, N} = S) -> {reply, N, S};\nhandle_call(_, _, S) -> {reply, 1, S}."}},
      {"the old tag in another clause",
       {"{state, 1}", record},
       {"{srv, 1}",
        "handle_call(n, F, {state, N}) -> handle_call(n, F, {srv, N});\n"
        "handle_call(n, _, {srv, N} = S) -> {reply, N, S}."}},
      {"a state of another time",
       {"{idle, 1}",
        "handle_call(n, _, S) -> {reply, element(2, S), S};\n"
        "handle_call(stop, _, S) -> {reply, ok, S}."},
       {"{idle, 1}",
        "handle_call(n, _, {idle, N} = S) -> {reply, N, S};\n"
        "handle_call(stop, _, {busy, N}) -> {reply, ok, {idle, N}}."}},
      {"a map of another time",
       {"#{n => 1}",
        "handle_call(n, _, S) -> {reply, maps:get(n, S), S};\n"
        "handle_call(send, _, S) -> {reply, maps:get(port, S, none), S}."},
       {"#{n => 1}",
        "handle_call(n, _, S) -> {reply, maps:get(n, S), S};\n"
        "handle_call(send, _, #{port := P} = S) -> {reply, P, S}."}},
      {"a caught failure",
       {"{state, 1}", record},
       {"{srv, 1}", "handle_call(n, _, S) -> {reply, try {srv, N} = S, N catch _:_ -> 1 end, S}."}},
      {"a field that is not set yet",
       {"{state, 1, undefined}",
        "handle_call(n, _, {state, N, _} = S) -> {reply, N, S};\n"
        "handle_call(port, _, {state, _, P} = S) -> {reply, P, S}."},
       {"{state, 1, undefined}",
        "handle_call(n, _, {state, N, _} = S) -> {reply, N, S};\n"
        "handle_call(port, _, {state, _, P} = S) when is_map(P) -> {reply, P, S}."}},
  }));
  CAPTURE(name);
  start_keeper(lab, server(lab, one, two));
  const Ran ran = lab.upgrade("zoo", "1.0.0", "2.0.0");
  INFO(ran);
  CHECK(ran.exit == 0);
  CHECK(lab.ask("gen_server:call(zoo_rec, n).") == "1");
}
