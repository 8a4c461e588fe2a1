// SPDX-License-Identifier: BSD-3-Clause
#include "catch.hpp"
#include "lab.hpp"
#include "zoo.hpp"

// Tests records whose definition changes but not their size, in states that are kept, and which states count:
// not those of processes that the plan stops.

using namespace erlrc;
using namespace erlrc::test;

namespace {

/// A server whose record has the fields `before` in version 1.0.0 and `after` in 2.0.0.
std::string redefining(Lab& lab, const std::string& before, const std::string& after,
                       const std::string& code_change) {
  lab.dir().write("kinds/redefining.erl",
                  "-module(MODULE).\n-behaviour(gen_server).\n-vsn(?VSN).\n-compile(debug_info).\n"
                  "-export([start_link/0, init/1, handle_call/3, handle_cast/2, code_change/3]).\n"
                  "-if(?VSN =:= \"1.0.0\").\n-record(state, {" +
                      before + "}).\n-else.\n-record(state, {" + after +
                      "}).\n-endif.\n"
                      "start_link() -> gen_server:start_link({local, ?MODULE}, ?MODULE, [], []).\n"
                      "init([]) -> {ok, #state{n = 1}}.\n"
                      "handle_call(n, _, #state{n = N} = S) -> {reply, N, S}.\n"
                      "handle_cast(_, S) -> {noreply, S}.\ncode_change(_, S, _) -> " +
                      code_change + ".\n");
  return (lab.dir() / "kinds/redefining").string();
}

/// A server that keeps the record `config`, which gets a field, within its own, which stays as it is.
std::string nesting(Lab& lab, const std::string& code_change) {
  lab.dir().write("kinds/nesting.erl",
                  "-module(MODULE).\n-behaviour(gen_server).\n-vsn(?VSN).\n"
                  "-export([start_link/0, init/1, handle_call/3, handle_cast/2, code_change/3]).\n"
                  "-if(?VSN =:= \"1.0.0\").\n-record(config, {n}).\n-else.\n-record(config, {n, more}).\n"
                  "-endif.\n-record(state, {kept, config}).\n"
                  "start_link() -> gen_server:start_link({local, ?MODULE}, ?MODULE, [], []).\n"
                  "init([]) -> {ok, #state{kept = [], config = #config{n = 1}}}.\n"
                  "handle_call(n, _, #state{config = #config{n = N}} = S) -> {reply, N, S}.\n"
                  "handle_cast(_, S) -> {noreply, S}.\ncode_change(_, S, _) -> " +
                      code_change + ".\n");
  return (lab.dir() / "kinds/nesting").string();
}

/// A server whose record gets a field, and whose code_change converts nothing.
std::string growing(Lab& lab) {
  return redefining(lab, "n", "n, more", "{ok, S}");
}

const std::string refused = "erlrc-upgrade: NODE: refused: nothing converts states: ";
const std::string swapped = "1 of zoo_rec, whose fields n, more are more, n in the new code: ";
const std::string one_field = "1 of zoo_rec, whose record state has 1 field where the new code has 2 fields";

}  // namespace

TEST_CASE("redefined: a record whose fields are in another order is not taken for the new one") {
  Lab lab;
  SECTION("loaded without a conversion") {
    start_keeper(lab, redefining(lab, "n, more = 2", "more = 2, n", "{ok, S}"), "[{load_module, zoo_rec}]");
    const Ran ran = lab.upgrade("zoo", "1.0.0", "2.0.0");
    INFO(ran);
    CHECK(ran.err.starts_with(refused + swapped));
  }
  SECTION("passed on by code_change") {
    start_keeper(lab, redefining(lab, "n, more = 2", "more = 2, n", "{ok, S}"));
    const Ran ran = lab.upgrade("zoo", "1.0.0", "2.0.0");
    INFO(ran);
    CHECK(ran.err.starts_with(refused + swapped));
  }
  SECTION("returned by code_change as it was") {
    start_keeper(lab, redefining(lab, "n, more = 2", "more = 2, n",
                                 "{ok, case S of {state, 7, _} -> {state, 7, 7}; _ -> S end}"));
    const Ran ran = lab.upgrade("zoo", "1.0.0", "2.0.0");
    INFO(ran);
    CHECK(ran.err.starts_with("erlrc-upgrade: NODE: rolled_back: code_change has not converted states: " +
                              swapped));
  }
  CHECK(lab.ask("lab:diff().") == "[]");
  CHECK(lab.upgrade("zoo", "1.0.0", "2.0.0", {"--records=report"}).exit == 0);
}

TEST_CASE(
    "redefined: where one field goes and another comes, those between them are not taken for each other") {
  Lab lab;
  start_keeper(lab, redefining(lab, "gone = 7, n, later = 8", "n, later = 8, more", "{ok, S}"));
  const Ran ran = lab.upgrade("zoo", "1.0.0", "2.0.0");
  INFO(ran);
  CHECK(ran.err.starts_with(refused +
                            "1 of zoo_rec, whose fields gone, n, later are n, later, more in the new"));
  CHECK(lab.ask("lab:diff().") == "[]");
}

TEST_CASE("redefined: fields that take the places of others may be the same by new names") {
  Lab lab;
  start_keeper(lab, redefining(lab, "n, old = 7", "n, more = 8", "{ok, S}"));
  const Ran ran = lab.upgrade("zoo", "1.0.0", "2.0.0");
  INFO(ran);
  CHECK(ran.exit == 0);
  CHECK(has(ran.out,
            "  remark: states are kept whose fields have other names: 1 of zoo_rec, whose fields n, old "
            "are n, more in the new code: "));
}

TEST_CASE("redefined: a record whose fields are in another order may be converted") {
  Lab lab;
  start_keeper(lab, redefining(lab, "n, more", "more, n",
                               "{ok, setelement(2, setelement(3, S, element(2, S)), element(3, S))}"));
  CHECK(lab.upgrade("zoo", "1.0.0", "2.0.0") ==
        Ran{0, "erlrc-upgrade: Upgrading 'zoo': (NODE) upgraded\n", ""});
  CHECK(lab.ask("gen_server:call(zoo_rec, n).") == "1");
}

TEST_CASE("redefined: the state of a process that the plan stops does not count") {
  Lab lab;
  const std::string appup =
      GENERATE("[{restart_application, zoo}]",
               "[{load_object_code, {zoo, \"2.0.0\", [zoo_rec]}}, point_of_no_return, {stop, [zoo_rec]},"
               " {load, {zoo_rec, brutal_purge, brutal_purge}}, {start, [zoo_rec]}]");
  CAPTURE(appup);
  SECTION("of a record with another size") {
    start_keeper(lab, growing(lab), appup);
  }
  SECTION("of one with other fields") {
    start_keeper(lab, redefining(lab, "n, more = 2", "more = 2, n", "{ok, S}"), appup);
  }
  CHECK(lab.upgrade("zoo", "1.0.0", "2.0.0", {"--rehearse"}).exit == 0);
  const Ran ran = lab.upgrade("zoo", "1.0.0", "2.0.0");
  INFO(ran);
  CHECK(ran.exit == 0);
  CHECK(lab.ask("gen_server:call(zoo_rec, n).") == "1");
}

TEST_CASE("redefined: that another application is stopped does not matter") {
  Lab lab;
  lab.add(servers("durable", "1.0.0", {"durable_child"}));
  REQUIRE(lab.start("durable", "1.0.0").exit == 0);
  start_keeper(lab, redefining(lab, "n, more = 2", "more = 2, n", "{ok, S}"),
               "[{apply, {application, stop, [durable]}}, {load_module, zoo_rec},"
               " {apply, {application, start, [durable]}}]");
  const Ran ran = lab.upgrade("zoo", "1.0.0", "2.0.0");
  INFO(ran);
  CHECK(ran.err.starts_with(refused + swapped));
  CHECK(lab.ask("lab:diff().") == "[]");
}

TEST_CASE(
    "redefined: a process that has entered the module's loop as something else has its state compared") {
  Lab lab;
  const auto [kind, why] = GENERATE(table<int, std::string>({{0, one_field}, {1, swapped}}));
  CAPTURE(kind);
  start_keeper(lab, kind == 0 ? growing(lab) : redefining(lab, "n, more = 2", "more = 2, n", "{ok, S}"));
  // Its own process has a state that both versions can have.
  lab.ask("sys:replace_state(zoo_rec, fun(_) -> none end).");
  lab.ask(
      "proc_lib:spawn(erlang, apply, [fun() -> register(entered, self()),"
      " gen_server:enter_loop(zoo_rec, [], " +
      std::string(kind == 0 ? "{state, 1}" : "{state, 1, 2}") +
      ") end, []]), lab:await(fun() -> is_tuple(catch sys:get_state(entered)) end), lab:mark().");
  const Ran ran = lab.upgrade("zoo", "1.0.0", "2.0.0");
  INFO(ran);
  CHECK(ran.err.starts_with(refused + why));
  CHECK(lab.ask("lab:diff().") == "[]");
  lab.ask("exit(whereis(entered), kill).");
}

TEST_CASE("redefined: a record that a state keeps inside is compared, too") {
  Lab lab;
  const std::string inside = "1 of zoo_rec, whose record config has 1 field where the new code has 2 fields";
  SECTION("loaded without a conversion") {
    start_keeper(lab, nesting(lab, "{ok, S}"), "[{load_module, zoo_rec}]");
    CHECK(lab.upgrade("zoo", "1.0.0", "2.0.0").err.starts_with(refused + inside));
  }
  SECTION("passed on by code_change") {
    start_keeper(lab, nesting(lab, "{ok, S}"));
    CHECK(lab.upgrade("zoo", "1.0.0", "2.0.0").err.starts_with(refused + inside));
  }
  SECTION("not converted by code_change") {
    start_keeper(lab, nesting(lab, "{ok, S#state{kept = [changed]}}"));
    const Ran ran = lab.upgrade("zoo", "1.0.0", "2.0.0");
    INFO(ran);
    CHECK(ran.err.starts_with("erlrc-upgrade: NODE: rolled_back: code_change has not converted states: " +
                              inside));
  }
  CHECK(lab.ask("lab:diff().") == "[]");
}

TEST_CASE("redefined: a record that a state keeps inside may be converted") {
  Lab lab;
  start_keeper(lab, nesting(lab,
                            "{ok, case S of #state{config = {config, N}} -> S#state{config = "
                            "list_to_tuple([config, N | [m || ?VSN =/= \"1.0.0\"]])}; "
                            "#state{config = {config, N, _}} -> S#state{config = {config, N}} end}"));
  CHECK(lab.upgrade("zoo", "1.0.0", "2.0.0") ==
        Ran{0, "erlrc-upgrade: Upgrading 'zoo': (NODE) upgraded\n", ""});
  CHECK(lab.ask("gen_server:call(zoo_rec, n).") == "1");
}
