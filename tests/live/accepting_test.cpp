// SPDX-License-Identifier: BSD-3-Clause
#include "catch.hpp"
#include "lab.hpp"

// Tests upgrades of an application whose processes another application starts all the time, as an acceptor
// does: none of them runs new code with an old state.

using namespace erlrc;
using namespace erlrc::test;

namespace {

/// `door` has a pool that starts `inn_guest` of the application `inn`, and names it nowhere else.
void open_inn(Lab& lab) {
  lab.dir().write("kinds/conns.erl",
                  "-module(MODULE).\n-behaviour(supervisor).\n-export([start_link/0, init/1]).\n"
                  "start_link() -> supervisor:start_link({local, ?MODULE}, ?MODULE, []).\n"
                  "init([]) -> {ok, {#{strategy => simple_one_for_one},\n"
                  "  [#{id => conn, start => {inn_guest, start_link, [first]}, restart => temporary}]}}.\n");
  lab.add({"door",
           "1.0.0",
           {{"door_app", "app"},
            {"door_sup", "sup",
             "[{inn_pool, {inn_pool, start_link, []}, permanent, infinity, supervisor, [inn_pool]}]"},
            {"inn_pool", (lab.dir() / "kinds/conns").string()}}});
  for (const std::string vsn : {"1.0.0", "2.0.0"}) {
    LabRelease inn = servers("inn", vsn, {"inn_server"});
    inn.modules.push_back({"inn_guest", "guest"});
    lab.add(inn);
  }
  REQUIRE(lab.start("door", "1.0.0").exit == 0);
  REQUIRE(lab.start("inn", "1.0.0").exit == 0);
}

}  // namespace

TEST_CASE("outside: another application starts no connection between the listing and the loading") {
  Lab lab;
  open_inn(lab);
  REQUIRE(lab.upgrade("inn", "1.0.0", "2.0.0").exit == 0);
  // The pool is empty until the processes are suspended; going down, the code is loaded after this.
  lab.ask(
      "lab:on({code_change, inn_server}, {call, {erlang, apply, [fun() ->"
      " spawn(fun() -> supervisor:start_child(inn_pool, [infinity]) end),"
      " lab:await(fun() -> {_, {M, _, _}} = process_info(whereis(inn_pool), current_function),"
      "   {_, Links} = process_info(whereis(inn_pool), links), M =:= sys orelse length(Links) > 1 end)"
      " end, []]}}).");
  const Ran down = lab.downgrade("inn", "1.0.0", "2.0.0");
  INFO(down);
  CHECK(down.exit == 0);
  lab.ask("lab:await(fun() -> proplists:get_value(active, supervisor:count_children(inn_pool)) =:= 1 end).");
  CHECK(lab.ask("[gen_server:call(P, look) || {_, P, _, _} <- supervisor:which_children(inn_pool)].") ==
        "[#{id => first,vsn => \"1.0.0\"}]");
}

TEST_CASE(
    "outside: connections that another application accepts all the time never run new code with an old "
    "state") {
  Lab lab;
  open_inn(lab);
  lab.ask(
      "register(inn_door, spawn(fun Door() -> receive close -> ok after 1 ->"
      " [{ok, _} = supervisor:start_child(inn_pool, [30]) || _ <- lists:seq(1, 3)], Door() end end)),"
      "lab:await(fun() -> proplists:get_value(active, supervisor:count_children(inn_pool)) > 0 end).");
  for (int i = 0; i < 5; ++i) {
    const Ran up = lab.upgrade("inn", "1.0.0", "2.0.0");
    INFO(up);
    CHECK(up.exit == 0);
    CHECK(lab.downgrade("inn", "1.0.0", "2.0.0").exit == 0);
  }
  lab.ask(
      "inn_door ! close, lab:await(fun() -> whereis(inn_door) =:= undefined end),"
      " lab:await(fun() -> proplists:get_value(active, supervisor:count_children(inn_pool)) =:= 0 end).");
  CHECK(lab.ask("[C || C <- lab:calls(), element(1, C) =:= mismatch].") == "[]");
  CHECK(lab.ask("length([C || C <- lab:calls(), element(1, C) =:= code_change, element(2, C) =:= inn_guest]) "
                "> 0.") == "true");
}
