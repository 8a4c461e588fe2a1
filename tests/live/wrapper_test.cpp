// SPDX-License-Identifier: BSD-3-Clause
#include "catch.hpp"
#include "lab.hpp"

// Tests that a process whose child specification names both a wrapper, its behaviour, and the callback module
// that the wrapper keeps in its state is converted once.

using namespace erlrc;
using namespace erlrc::test;

namespace {

struct Wrapper {
  std::string start;    ///< the body of start_link/0
  std::string own;      ///< the other functions
  std::string exports;  ///< with code_change
};

const std::string change =
    "change(Old, {Mod, S}, Extra) -> {ok, New} = Mod:code_change(Old, S, Extra), {Mod, New}.\n";

const Wrapper server{
    "gen_server:start_link({local, cart}, ?MODULE, dura_cart, [])",
    "init(Mod) -> {ok, {Mod, Mod:init()}}.\n"
    "handle_call(get, _, {_, S} = State) -> {reply, S, State}.\nhandle_cast(_, State) -> {noreply, State}.\n"
    "code_change(Old, State, Extra) -> {ok, change(Old, State, Extra)}.\n",
    "init/1, handle_call/3, handle_cast/2, code_change/3"};

const Wrapper statem{
    "gen_statem:start_link({local, cart}, ?MODULE, dura_cart, [])",
    "init(Mod) -> {ok, open, {Mod, Mod:init()}}.\ncallback_mode() -> handle_event_function.\n"
    "handle_event({call, From}, get, _, {_, S}) -> {keep_state_and_data, [{reply, From, S}]}.\n"
    "code_change(Old, open, Data, Extra) -> {ok, open, change(Old, Data, Extra)}.\n",
    "init/1, callback_mode/0, handle_event/4, code_change/4"};

const Wrapper special{
    "proc_lib:start_link(?MODULE, init, [self()])",
    "init(Parent) -> register(cart, self()), proc_lib:init_ack(Parent, {ok, self()}),\n"
    "  loop(Parent, {dura_cart, dura_cart:init()}).\n"
    "loop(Parent, {_, S} = State) -> receive\n"
    "  {system, From, What} -> sys:handle_system_msg(What, From, Parent, ?MODULE, [], State);\n"
    "  {'$gen_call', From, get} -> gen:reply(From, S), loop(Parent, State) end.\n"
    "system_continue(Parent, _, State) -> loop(Parent, State).\n"
    "system_terminate(Reason, _, _, _) -> exit(Reason).\n"
    "system_get_state(State) -> {ok, State}.\n"
    "system_replace_state(Fun, State) -> New = Fun(State), {ok, New, New}.\n"
    "system_code_change(State, _, Old, Extra) -> {ok, change(Old, State, Extra)}.\n",
    "init/1, loop/2, system_continue/3, system_terminate/4, system_get_state/1, system_replace_state/2, "
    "system_code_change/4"};

/// dura 1.0.0 keeps a list, 2.0.0 {List, Currency}. A second conversion of the latter shows.
LabRelease dura(Lab& lab, const Wrapper& wrapper, const std::string& vsn, const std::string& appup) {
  lab.dir().write("kinds/wrapper.erl", "-module(MODULE).\n-vsn(?VSN).\n-export([start_link/0, vsn/0, " +
                                           wrapper.exports + "]).\nvsn() -> ?VSN.\nstart_link() -> " +
                                           wrapper.start + ".\n" + wrapper.own + change);
  lab.dir().write("kinds/cart" + vsn + ".erl",
                  "-module(MODULE).\n-vsn(?VSN).\n-export([init/0, code_change/3]).\n" +
                      std::string(vsn == "1.0.0" ? "init() -> [apple].\ncode_change(_, L, _) -> {ok, L}.\n"
                                                 : "init() -> {[], eur}.\n"
                                                   "code_change({down, _}, {L, _}, _) -> {ok, L};\n"
                                                   "code_change(_, L, _) -> {ok, {L, eur}}.\n"));
  LabRelease made{"dura",
                  vsn,
                  {{"dura_app", "app"},
                   {"dura_sup", "tree",
                    "[{cart, {dura_server, start_link, []}, permanent, 2000, worker, [dura_server, "
                    "dura_cart]}]"},
                   {"dura_server", (lab.dir() / "kinds/wrapper").string()},
                   {"dura_cart", (lab.dir() / ("kinds/cart" + vsn)).string()}}};
  if (vsn == "2.0.0") made.appup = appup;
  return made;
}

std::string both_ways(const std::string& instructions) {
  return "{\"2.0.0\", [{\"1.0.0\", [" + instructions + "]}], [{\"1.0.0\", [" + instructions + "]}]}.";
}

}  // namespace

TEST_CASE("wrapper: a process of a wrapper and its callback module is converted once, up and down") {
  Lab lab;
  const Wrapper& wrapper = GENERATE(std::cref(server), std::cref(statem), std::cref(special)).get();
  const std::string appup =
      GENERATE(std::string{},
               both_ways("{update, dura_cart, {advanced, []}, [dura_server]},"
                         "{update, dura_server, {advanced, []}}"),
               both_ways("{update, dura_cart, {advanced, []}}, {update, dura_server, {advanced, []}}"),
               both_ways("{update, dura_server, {advanced, []}}, {update, dura_cart, {advanced, []}}"));
  CAPTURE(wrapper.start, appup);
  lab.add(dura(lab, wrapper, "1.0.0", ""));
  lab.add(dura(lab, wrapper, "2.0.0", appup));
  REQUIRE(lab.start("dura", "1.0.0").exit == 0);
  const Ran rehearsed = lab.upgrade("dura", "1.0.0", "2.0.0", {"--rehearse"});
  INFO(rehearsed);
  CHECK(rehearsed.exit == 0);
  const Ran up = lab.upgrade("dura", "1.0.0", "2.0.0");
  INFO(up);
  CHECK(up.exit == 0);
  CHECK(lab.ask("gen_server:call(cart, get).") == "{[apple],eur}");
  const Ran down = lab.downgrade("dura", "1.0.0", "2.0.0");
  INFO(down);
  CHECK(down.exit == 0);
  CHECK(lab.ask("gen_server:call(cart, get).") == "[apple]");
}
