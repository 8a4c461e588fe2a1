// SPDX-License-Identifier: BSD-3-Clause
#include <algorithm>

#include <erlrc/sys/file.hpp>

#include "catch.hpp"
#include "lab.hpp"
#include "zoo.hpp"

// Tests that processes affected by an upgrade without an instruction for them are found before anything
// changes, counted and named.

using namespace erlrc;
using namespace erlrc::test;

namespace {

/// Two servers: `zoo_bare` has no code_change; any process may be inside the module `zoo_lib`.
LabRelease zoo(Lab& lab, const std::string& vsn) {
  lab.dir().write("kinds/bare.erl",
                  "-module(MODULE).\n-behaviour(gen_server).\n-vsn(?VSN).\n"
                  "-export([start_link/0, init/1, handle_call/3, handle_cast/2]).\n"
                  "start_link() -> gen_server:start_link({local, ?MODULE}, ?MODULE, [], []).\n"
                  "init([]) -> {ok, #{}}.\n"
                  "handle_call(vsn, _, State) -> {reply, ?VSN, State}.\n"
                  "handle_cast(sleep, State) -> timer:sleep(200), {noreply, State}.\n");
  lab.dir().write(
      "kinds/lib.erl",
      "-module(MODULE).\n-vsn(?VSN).\n-export([loop/0, below/2, vsn/0]).\n"
      "vsn() -> ?VSN.\n"
      "loop() -> receive {vsn, From} -> From ! ?VSN, loop(); new -> ?MODULE:loop(); stop -> ok end.\n"
      "below(Fun, N) -> [Fun(N)].\n");
  LabRelease made = servers("zoo", vsn, {"zoo_srv", "zoo_bare"});
  made.modules.back().kind = (lab.dir() / "kinds/bare").string();
  made.modules.push_back({"zoo_lib", (lab.dir() / "kinds/lib").string()});
  return made;
}

void set_up(Lab& lab) {
  lab.add(zoo(lab, "1.0.0"));
  lab.add(zoo(lab, "2.0.0"));
  REQUIRE(lab.start("zoo", "1.0.0").exit == 0);
}

/// Starts a process; returns its pid as printed.
std::string spawned(Lab& lab, const std::string& body) {
  const std::string pid = lab.ask("P = spawn(fun() -> " + body + " end), lab:await_rest(P), pid_to_list(P).");
  return pid.substr(1, pid.size() - 2);
}

const std::string headline = "erlrc-upgrade: Upgrading 'zoo': (NODE) upgraded\n";
const std::string bare = "  remark: module zoo_bare keeps a state, changed, and has no code_change\n";

/// The remark about the server without code_change, which occurs in each of these tests.
std::string of_bare(Lab& lab) {
  // The arity of the loop depends on the release.
  const std::string arity =
      lab.ask("element(3, element(2, process_info(whereis(zoo_bare), current_function))).");
  return "1 of zoo_bare: " + lab.pid_of("zoo_bare") + " zoo_bare in gen_server:loop/" + arity +
         " child zoo_bare of zoo_sup";
}

}  // namespace

TEST_CASE(
    "stranded: a running server without code_change is counted and named, and --stranded=refuse refuses") {
  Lab lab;
  set_up(lab);
  lab.ask("lab:mark().");
  const Ran refused = lab.upgrade("zoo", "1.0.0", "2.0.0", {"--stranded=refuse"});
  CHECK(refused ==
        Ran{1, "",
            "erlrc-upgrade: NODE: refused: processes that nothing converts: " + of_bare(lab) + "\n" + bare});
  CHECK(lab.ask("lab:diff().") == "[]");
  const std::string expected =
      headline + bare +
      "  remark: processes that nothing converts run the new code with the state they have: " + of_bare(lab) +
      "\n";
  CHECK(lab.upgrade("zoo", "1.0.0", "2.0.0") == Ran{0, expected, ""});
  CHECK(lab.ask("gen_server:call(zoo_bare, vsn).") == "\"2.0.0\"");
}

TEST_CASE("stranded: a process in a changed module keeps running its old code until its next external call") {
  Lab lab;
  set_up(lab);
  const std::string pid = spawned(lab, "register(zoo_loop, self()), zoo_lib:loop()");
  const std::string inside = "1 in zoo_lib: " + pid + " zoo_loop in zoo_lib:loop/0";
  lab.ask("lab:mark().");
  const Ran refused = lab.upgrade("zoo", "1.0.0", "2.0.0", {"--stranded=refuse"});
  CHECK(refused == Ran{1, "",
                       "erlrc-upgrade: NODE: refused: processes that nothing converts: " + inside + "; " +
                           of_bare(lab) + "\n" + bare});
  CHECK(lab.ask("lab:diff().") == "[]");
  const Ran ran = lab.upgrade("zoo", "1.0.0", "2.0.0");
  INFO(ran);
  CHECK(ran.exit == 0);
  CHECK(ran.out.find("  remark: processes that nothing converts keep running old code: " + inside + "\n") !=
        std::string::npos);
  const auto vsn = [&] {
    return lab.ask("zoo_loop ! {vsn, self()}, receive V -> V after 60000 -> none end.");
  };
  CHECK(vsn() == "\"1.0.0\"");
  CHECK(lab.ask("zoo_loop ! new, ok.") == "ok");
  CHECK(vsn() == "\"2.0.0\"");
  lab.ask("zoo_loop ! stop.");
}

TEST_CASE("stranded: a waiting behaviour does not run old code, whatever it was called by") {
  Lab lab;
  set_up(lab);
  lab.ask(
      "Pid = proc_lib:spawn(fun() -> zoo_lib:below(fun(_) -> gen_server:enter_loop(zoo_bare, [], #{}) end, "
      "1) "
      "end),"
      "lab:await_rest(Pid), {current_function, {gen_server, loop, _}} = process_info(Pid, current_function),"
      "register(zoo_below, Pid).");
  // It has the state of zoo_bare, which entered the loop after something else.
  const std::string both = "2" + of_bare(lab).substr(1) + ", " + lab.pid_of("zoo_below") + " zoo_below in ";
  const Ran ran = lab.upgrade("zoo", "1.0.0", "2.0.0", {"--stranded=refuse"});
  INFO(ran);
  CHECK(ran.exit == 1);
  CHECK(ran.err.starts_with("erlrc-upgrade: NODE: refused: processes that nothing converts: " + both +
                            "gen_server:loop/"));
  lab.ask("exit(whereis(zoo_below), kill).");
}

TEST_CASE("stranded: what brutal_purge will kill is named as that, and killed") {
  Lab lab;
  const std::string engine = GENERATE("--engine=erlrc", "--engine=otp");
  const auto [load, kills] = GENERATE(table<std::string, bool>({
      {"{load_module, zoo_lib}", true},
      {"{load_module, zoo_lib, soft_purge, brutal_purge, []}", true},
      {"{load_module, zoo_lib, brutal_purge, soft_purge, []}", false},
  }));
  CAPTURE(engine, load);
  LabRelease later = zoo(lab, "2.0.0");
  later.appup = "{\"2.0.0\", [{\"1.0.0\", [" + load +
                ", {load_module, zoo_bare, soft_purge, soft_purge, []}, {load_module, zoo_srv, soft_purge, "
                "soft_purge, []}]}], []}.";
  lab.add(zoo(lab, "1.0.0"));
  lab.add(later);
  REQUIRE(lab.start("zoo", "1.0.0").exit == 0);
  const std::string loop = spawned(lab, "register(zoo_loop, self()), zoo_lib:loop()");
  // It has the code of zoo_lib below the loop of its behaviour.
  lab.ask(
      "lab:await_rest(proc_lib:spawn(fun() -> register(zoo_below, self()), "
      "zoo_lib:below(fun(_) -> gen_server:enter_loop(zoo_bare, [], #{}) end, 1) end)).");
  const std::string server = lab.pid_of("zoo_below");
  const Ran ran = lab.upgrade("zoo", "1.0.0", "2.0.0", {engine});
  INFO(ran);
  CHECK(ran.exit == 0);
  const auto reports = [&](const std::string& text) { return ran.out.find(text) != std::string::npos; };
  const std::string inside = loop + " zoo_loop in zoo_lib:loop/0";
  const std::string killed =
      "  remark: to be killed, because they run old code that the appup removes by brutal_purge: ";
  const std::string kept = "  remark: processes that nothing converts keep running old code: 1 in zoo_lib: ";
  CHECK(reports(killed) == kills);
  CHECK((reports(killed + "2 inside zoo_lib: ") && reports(inside) && reports(server + " zoo_below in ")) ==
        kills);
  CHECK(reports(kept + inside + "\n") != kills);
  const std::string ended = "whereis(zoo_loop) =:= undefined, whereis(zoo_below) =:= undefined";
  if (kills)
    lab.ask("lab:await(fun() -> {true, true} =:= {" + ended + "} end).");
  else
    CHECK(lab.ask("{" + ended + "}.") == "{false,false}");
  lab.ask("[exit(P, kill) || N <- [zoo_loop, zoo_below], P <- [whereis(N)], is_pid(P)].");
}

TEST_CASE("stranded: many are counted, and five of them named") {
  Lab lab;
  set_up(lab);
  lab.ask("[lab:await_rest(spawn(zoo_lib, loop, [])) || _ <- lists:seq(1, 7)].");
  const Ran ran = lab.upgrade("zoo", "1.0.0", "2.0.0", {"--json"});
  INFO(ran);
  CHECK(ran.exit == 0);
  const auto at = ran.out.find("processes that nothing converts keep running old code: 7 in zoo_lib: <");
  REQUIRE(at != std::string::npos);
  const std::string remark = ran.out.substr(at, ran.out.find('"', at) - at);
  CHECK(remark.ends_with(", .."));
  CHECK(std::ranges::count(remark, '<') == 5);
  lab.ask(
      "[exit(P, kill) || P <- processes(), {current_function, {zoo_lib, loop, 0}} <- "
      "[process_info(P, current_function)]].");
}

TEST_CASE("stranded: a few among thousands are found, whichever of several processes looks at them") {
  Lab lab;
  set_up(lab);
  lab.ask(
      "All = [case N rem 4000 of 0 -> spawn(zoo_lib, loop, []); _ -> spawn(timer, sleep, [infinity]) end "
      "|| N <- lists:seq(1, 12000)], lab:await_rest(lists:last(All)), "
      "persistent_term:put(many, All).");
  const Ran ran = lab.upgrade("zoo", "1.0.0", "2.0.0", {"--json"});
  INFO(ran);
  CHECK(ran.exit == 0);
  CHECK(ran.out.find("processes that nothing converts keep running old code: 3 in zoo_lib: <") !=
        std::string::npos);
  CHECK(lab.ask("erlang:system_flag(backtrace_depth, 8).") == "8");
  lab.ask("[exit(P, kill) || P <- persistent_term:get(many)], persistent_term:erase(many).");
}

TEST_CASE("stranded: a process deep below a function of a changed module is found") {
  Lab lab;
  set_up(lab);
  // The calls in between are of different functions, since equal ones are reported once.
  std::string body = "receive stop -> [] end";
  for (const char* function : {"flatmap", "any", "all", "filter", "map", "partition", "takewhile",
                               "dropwhile", "flatmap", "any", "all", "filter"})
    body = std::string("lists:") + function + "(fun(_) -> " + body + " end, [1])";
  spawned(lab, "register(zoo_deep, self()), zoo_lib:below(fun(_) -> " + body + " end, 1)");
  const Ran ran = lab.upgrade("zoo", "1.0.0", "2.0.0", {"--stranded=refuse"});
  INFO(ran);
  CHECK(ran.exit == 1);
  CHECK(ran.err.find("1 in zoo_lib: ") != std::string::npos);
  CHECK(lab.ask("erlang:system_flag(backtrace_depth, 8).") == "8");
  lab.ask("zoo_deep ! stop.");
}

TEST_CASE("stranded: a server outside of the tree is converted as those inside of it are") {
  Lab lab;
  const auto [appup, state] = GENERATE(table<std::string, std::string>({
      {"", "2.0.0"},
      {"{\"2.0.0\", [{\"1.0.0\", [{update, zoo_a, {advanced, []}}]}], []}.", "2.0.0"},
      {"{\"2.0.0\", [{\"1.0.0\", [{load_module, zoo_a}]}], []}.", "1.0.0"},  // by decision of its author
  }));
  CAPTURE(appup);
  const std::string waits = GENERATE("false", "true");
  LabRelease later = servers("zoo", "2.0.0", {"zoo_a"});
  later.appup = appup;
  lab.add(servers("zoo", "1.0.0", {"zoo_a"}));
  lab.add(later);
  REQUIRE(lab.start("zoo", "1.0.0").exit == 0);
  lab.ask("{ok, P} = gen_server:start(zoo_a, [], [{hibernate_after, case " + waits +
          " of true -> infinity; false -> 1 end}]), register(zoo_guest, P), lab:await_rest(P).");
  const Ran ran = lab.upgrade("zoo", "1.0.0", "2.0.0", {"--stranded=refuse"});
  INFO(ran);
  CHECK(ran.exit == 0);
  CHECK(lab.ask("gen_server:call(zoo_guest, vsn).") == "{\"2.0.0\",\"" + state + "\"}");
  lab.ask("exit(whereis(zoo_guest), kill).");
}

TEST_CASE("stranded: a converted process is not reported") {
  Lab lab;
  lab.add(servers("zoo", "1.0.0", {"zoo_a", "zoo_b"}));
  lab.add(servers("zoo", "2.0.0", {"zoo_a", "zoo_b"}));
  REQUIRE(lab.start("zoo", "1.0.0").exit == 0);
  lab.ask("lab:on({busy, zoo_a}, {sleep, 300}), gen_server:cast(zoo_a, {act, busy}).");
  CHECK(lab.upgrade("zoo", "1.0.0", "2.0.0", {"--stranded=refuse"}) == Ran{0, headline, ""});
  CHECK(lab.condition("zoo") == "new");
}
