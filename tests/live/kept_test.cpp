// SPDX-License-Identifier: BSD-3-Clause
#include "catch.hpp"
#include "lab.hpp"
#include "zoo.hpp"

// Tests states that the module of their process does not match itself, and what it keeps next to them.

using namespace erlrc;
using namespace erlrc::test;

namespace {

const std::string record =
    "-if(?VSN =:= \"1.0.0\").\n-record(state, {n = 0}).\n"
    "-else.\n-record(state, {n = 0, more = none}).\n-endif.\n";
const std::string one_field = "zoo_rec, whose record state has 1 field where the new code has 2 fields";

}  // namespace

TEST_CASE("kept: a record that a process keeps in its dictionary is compared") {
  Lab lab;
  const auto [appup, convert, refused] = GENERATE(table<std::string, std::string, bool>(
      {{"[{load_module, zoo_rec}]", "ok", true},
       {"[{update, zoo_rec, {advanced, []}}]", "ok", true},
       {"[{update, zoo_rec, {advanced, []}}]", "put(kept, {state, 1, none})", false}}));
  CAPTURE(appup, convert);
  lab.dir().write("kinds/holder.erl",
                  "-module(MODULE).\n-behaviour(gen_server).\n-vsn(?VSN).\n"
                  "-export([start_link/0, init/1, handle_call/3, handle_cast/2, code_change/3]).\n" +
                      record +
                      "start_link() -> gen_server:start_link({local, ?MODULE}, ?MODULE, [], []).\n"
                      "init([]) -> put(kept, #state{n = 1}), {ok, 1}.\n"
                      "handle_call(n, _, S) -> #state{n = N} = get(kept), {reply, N, S}.\n"
                      "handle_cast(_, S) -> {noreply, S}.\n"
                      "code_change(_, S, _) -> " +
                      convert + ", {ok, S}.\n");
  start_keeper(lab, (lab.dir() / "kinds/holder").string(), appup);
  const Ran ran = lab.upgrade("zoo", "1.0.0", "2.0.0");
  INFO(ran);
  CHECK(ran.exit == (refused ? 1 : 0));
  CHECK(has(ran.err, one_field + " (in its dictionary)") == refused);
  CHECK(lab.ask("gen_server:call(zoo_rec, n).") == "1");
}

TEST_CASE("kept: a state that a helper module makes and matches is compared as the state of its process") {
  Lab lab;
  const auto [appup, convert, refused] = GENERATE(table<std::string, std::string, bool>(
      {{"", "S", true},
       {"[{load_module, zoo_help}]", "S", true},
       {"[{load_module, zoo_help}, {update, zoo_rec, {advanced, []}}]", "zoo_help:convert(S)", false}}));
  CAPTURE(appup, convert);
  lab.dir().write("kinds/holder.erl",
                  "-module(MODULE).\n-behaviour(gen_server).\n-vsn(?VSN).\n"
                  "-export([start_link/0, init/1, handle_call/3, handle_cast/2, code_change/3]).\n"
                  "start_link() -> gen_server:start_link({local, ?MODULE}, ?MODULE, [], []).\n"
                  "init([]) -> {ok, zoo_help:new()}.\n"
                  "handle_call(n, _, S) -> {reply, zoo_help:n(S), S}.\n"
                  "handle_cast(_, S) -> {noreply, S}.\n"
                  "code_change(_, S, _) -> {ok, " +
                      convert + "}.\n");
  lab.dir().write("kinds/help.erl", "-module(MODULE).\n-vsn(?VSN).\n-export([new/0, n/1, convert/1]).\n" +
                                        record +
                                        "new() -> #state{n = 1}.\nn(#state{n = N}) -> N.\n"
                                        "convert(S) -> erlang:append_element(S, none).\n");
  for (const std::string vsn : {"1.0.0", "2.0.0"}) {
    LabRelease made = servers("zoo", vsn, {"zoo_rec"});
    made.modules.back().kind = (lab.dir() / "kinds/holder").string();
    made.modules.push_back({"zoo_help", (lab.dir() / "kinds/help").string()});
    if (vsn == "2.0.0" && !appup.empty())
      made.appup = "{\"2.0.0\", [{\"1.0.0\", " + appup + "}], [{\"1.0.0\", " + appup + "}]}.";
    lab.add(made);
  }
  REQUIRE(lab.start("zoo", "1.0.0").exit == 0);
  lab.ask("lab:mark().");
  const Ran ran = lab.upgrade("zoo", "1.0.0", "2.0.0");
  INFO(ran);
  CHECK(ran.exit == (refused ? 1 : 0));
  CHECK(has(ran.err, "nothing converts states: 1 of " + one_field) == refused);
  CHECK(lab.ask("gen_server:call(zoo_rec, n).") == "1");
}
