// SPDX-License-Identifier: BSD-3-Clause
#include "catch.hpp"
#include "lab.hpp"
#include "zoo.hpp"

// Tests states that are maps, and lack a key that the new code needs.

using namespace erlrc;
using namespace erlrc::test;

namespace {

/// A server whose map gets the key `limit` in version 2.0.0. `use` is what handles the message n then.
std::string server(Lab& lab, const std::string& use, const std::string& code_change = "{ok, S}") {
  lab.dir().write("kinds/mapping.erl",
                  "-module(MODULE).\n-behaviour(gen_server).\n-vsn(?VSN).\n"
                  "-export([start_link/0, init/1, handle_call/3, handle_cast/2, code_change/3]).\n"
                  "start_link() -> gen_server:start_link({local, ?MODULE}, ?MODULE, [], []).\n"
                  "code_change(_, S, _) -> " +
                      code_change +
                      ".\nhandle_cast(_, S) -> {noreply, S}.\n"
                      "-if(?VSN =:= \"1.0.0\").\ninit([]) -> {ok, #{n => 1, more => self()}}.\n"
                      "handle_call(n, _, #{n := N} = S) -> {reply, N, S}.\n"
                      "-else.\ninit([]) -> {ok, #{n => 1, more => self(), limit => 10}}.\n" +
                      use + "\n-endif.\n");
  return (lab.dir() / "kinds/mapping").string();
}

std::string statem(Lab& lab) {
  lab.dir().write(
      "kinds/mapping.erl",
      "-module(MODULE).\n-behaviour(gen_statem).\n-vsn(?VSN).\n"
      "-export([start_link/0, init/1, callback_mode/0, handle_event/4, code_change/4]).\n"
      "start_link() -> gen_statem:start_link({local, ?MODULE}, ?MODULE, [], []).\n"
      "callback_mode() -> handle_event_function.\ncode_change(_, N, S, _) -> {ok, N, S}.\n"
      "-if(?VSN =:= \"1.0.0\").\ninit([]) -> {ok, open, #{n => 1, more => 2}}.\n"
      "handle_event({call, F}, n, _, #{n := N}) -> {keep_state_and_data, {reply, F, N}}.\n"
      "-else.\ninit([]) -> {ok, open, #{n => 1, more => 2, limit => 10}}.\n"
      "handle_event({call, F}, n, _, #{limit := N}) -> {keep_state_and_data, {reply, F, N}}.\n-endif.\n");
  return (lab.dir() / "kinds/mapping").string();
}

const std::string why = "1 of zoo_rec, whose map has no key limit, which the new code needs: ";

}  // namespace

TEST_CASE("map keys: a state without a key that the new code needs is refused before anything changes") {
  Lab lab;
  const std::string kind =
      GENERATE("pattern", "body", "update", "map_get", "load_module", "a big state", "statem");
  CAPTURE(kind);
  const std::string appup = kind == "load_module" ? "[{load_module, zoo_rec}]" : "";
  const std::string use = kind == "body"      ? "handle_call(n, _, S) -> #{limit := N} = S, {reply, N, S}."
                          : kind == "update"  ? "handle_call(n, _, S) -> {reply, 1, S#{limit := 3}}."
                          : kind == "map_get" ? "handle_call(n, _, S) -> {reply, maps:get(limit, S), S}."
                                              : "handle_call(n, _, #{limit := N} = S) -> {reply, N, S}.";
  start_keeper(lab, kind == "statem" ? statem(lab) : server(lab, use), appup);
  if (kind == "a big state")
    lab.ask("sys:replace_state(zoo_rec, fun(S) -> S#{n := lists:seq(1, 200000)} end), lab:mark().");
  const Ran rehearsed = lab.upgrade("zoo", "1.0.0", "2.0.0", {"--rehearse"});
  INFO(rehearsed);
  CHECK(rehearsed.exit == 1);
  CHECK(has(rehearsed.out + rehearsed.err, "zoo_rec, whose map has no key limit"));
  const Ran ran = lab.upgrade("zoo", "1.0.0", "2.0.0");
  INFO(ran);
  CHECK(ran.exit == 1);
  CHECK(has(ran.err, "refused: nothing converts states: " + why));
  CHECK(lab.ask("lab:diff().") == "[]");
}

TEST_CASE("map keys: a code_change that adds something else is rolled back") {
  Lab lab;
  start_keeper(lab,
               server(lab, "handle_call(n, _, #{limit := N} = S) -> {reply, N, S}.", "{ok, S#{other => 1}}"));
  const Ran ran = lab.upgrade("zoo", "1.0.0", "2.0.0");
  INFO(ran);
  CHECK(ran.exit == 1);
  CHECK(has(ran.err, "rolled_back: code_change has not converted states: " + why));
  CHECK(lab.ask("lab:diff().") == "[]");
}

TEST_CASE("map keys: a state is converted, or the new code does without the key") {
  Lab lab;
  const auto [use, code_change] = GENERATE(table<std::string, std::string>(
      {{"handle_call(n, _, #{limit := _} = S) -> {reply, 1, S}.", "{ok, S#{limit => 10}}"},
       {"handle_call(n, _, #{limit := N} = S) -> {reply, N, S}; handle_call(n, _, #{n := N} = S) -> {reply, "
        "N, S}.",
        "{ok, S}"},
       {"handle_call(n, _, S) -> {reply, case S of #{limit := _} -> 1; _ -> 1 end, S}.", "{ok, S}"},
       {"handle_call(n, _, S) -> {reply, maps:get(limit, S, 1), S}.", "{ok, S}"},
       {"handle_call(n, _, S) when is_map_key(limit, S) -> {reply, maps:get(limit, S), S};\n"
        "handle_call(n, _, S) -> {reply, 1, S}.",
        "{ok, S}"}}));
  CAPTURE(use, code_change);
  start_keeper(lab, server(lab, use, code_change));
  CHECK(lab.upgrade("zoo", "1.0.0", "2.0.0").exit == 0);
  CHECK(lab.ask("gen_server:call(zoo_rec, n).") == "1");
}
