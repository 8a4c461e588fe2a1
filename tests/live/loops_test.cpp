// SPDX-License-Identifier: BSD-3-Clause
#include <erlrc/sys/file.hpp>

#include "catch.hpp"
#include "lab.hpp"
#include "paths.hpp"
#include "zoo.hpp"

// Tests processes in loops that call themselves by their full names, to come to new code.

using namespace erlrc;
using namespace erlrc::test;

namespace {

/// A kind of the lab without the hooks that its module exports.
std::string without_hooks(Lab& lab, const std::string& kind, const std::vector<std::string>& hooks) {
  std::string text = read_file(in_source("tests/live/lab/" + kind + ".erl"));
  for (const std::string& hook : hooks)
    text.erase(text.find(", " + hook + "/2"), hook.size() + 4);
  lab.dir().write("kinds/unhooked_" + kind + ".erl", text);
  return (lab.dir() / ("kinds/unhooked_" + kind)).string();
}

/// An application with the module zoo_turn, which has that loop, and with or without hooks.
LabRelease turning(Lab& lab, const std::string& vsn, const std::string& loop, bool hooked) {
  lab.dir().write("kinds/turn" + vsn + ".erl",
                  "-module(MODULE).\n-vsn(?VSN).\n-compile(export_all).\nvsn() -> ?VSN.\n" + loop + "\n");
  LabRelease made = servers("zoo", vsn, {"zoo_srv"});
  if (!hooked) {
    made.modules[0].kind = without_hooks(lab, "app", {"version_change"});
    made.modules[1].kind = without_hooks(lab, "sup", {"sup_upgrade_notify", "sup_downgrade_notify"});
  }
  made.modules.push_back({"zoo_turn", (lab.dir() / ("kinds/turn" + vsn)).string()});
  return made;
}

}  // namespace

TEST_CASE("loops: a process whose loop calls itself as the new code cannot be called is not left to die") {
  // A hook may stop the process, and a rollback that comes later would kill it.
  const auto [call, later, dies, hooked] = GENERATE(table<std::string, std::string, bool, bool>({
      {"zoo_turn:loop()", "loop(_) -> ok.", true, false},
      {"zoo_turn:loop()", "loop(_) -> ok.", true, true},
      {"zoo_turn:loop()", "loop() -> receive vsn -> loop() end.", false, false},
      {"loop()", "loop(_) -> ok.", false, false},
  }));
  CAPTURE(call, later, hooked);
  Lab lab;
  lab.add(turning(lab, "1.0.0", "loop() -> receive {vsn, From} -> From ! ?VSN, " + call + " end.", hooked));
  lab.add(turning(lab, "2.0.0", later, hooked));
  REQUIRE(lab.start("zoo", "1.0.0").exit == 0);
  lab.ask("P = spawn(zoo_turn, loop, []), register(zoo_loop, P), lab:await_rest(P).");
  const std::string pid = lab.pid_of("zoo_loop");
  lab.ask("lab:mark().");
  const std::string lost =
      "processes that the new code cannot serve: 1 of zoo_turn, which loses loop/0: " + pid +
      " zoo_loop in zoo_turn:loop/0\n";
  const bool refused = dies && !hooked;
  const Ran ran = lab.upgrade("zoo", "1.0.0", "2.0.0");
  INFO(ran);
  CHECK(ran.exit == (refused ? 1 : 0));
  CHECK((ran.err.find("refused: " + lost) != std::string::npos) == refused);
  CHECK((ran.out.find("remark: " + lost) != std::string::npos) == (dies && hooked));
  CHECK((ran.out.find("keep running old code: 1 in zoo_turn: " + pid) != std::string::npos) != refused);
  if (refused) {
    CHECK(lab.ask("lab:diff().") == "[]");
    const Ran allowed = lab.upgrade("zoo", "1.0.0", "2.0.0", {"--stranded=report"});
    INFO(allowed);
    CHECK(allowed.exit == 0);
    CHECK(allowed.out.find("remark: " + lost) != std::string::npos);
  }
  lab.ask("exit(whereis(zoo_loop), kill).");
}

TEST_CASE(
    "loops: a process in one of several functions of a loop is found, also if a library has called it") {
  const auto [spawned, later, dies] = GENERATE(table<std::string, std::string, bool>({
      {"spawn(zoo_turn, idle, [1])", "busy() -> ok.", false},
      {"spawn(zoo_turn, idle, [1])", "working() -> ok.", true},
      {"spawn(lists, foreach, [fun zoo_turn:idle/1, [1]])", "working() -> ok.", true},
  }));
  CAPTURE(spawned, later);
  Lab lab;
  lab.add(turning(lab, "1.0.0",
                  "idle(N) -> receive go -> begin_work(N), ok end.\n"
                  "begin_work(N) -> F = fun() -> ?MODULE:busy() end, N > 0 andalso F().\n"
                  "busy() -> receive stop -> ok end.",
                  false));
  lab.add(turning(lab, "2.0.0", "idle(_) -> ok.\n" + later, false));
  REQUIRE(lab.start("zoo", "1.0.0").exit == 0);
  lab.ask("P = " + spawned + ", register(zoo_loop, P), lab:await_rest(P), lab:mark().");
  const Ran ran = lab.upgrade("zoo", "1.0.0", "2.0.0");
  INFO(ran);
  CHECK(ran.exit == (dies ? 1 : 0));
  CHECK((ran.err.find("the new code cannot serve: 1 of zoo_turn, which loses busy/0: ") !=
         std::string::npos) == dies);
  lab.ask("exit(whereis(zoo_loop), kill).");
}

TEST_CASE("loops: a supervisor that stays as it is does not stop its child") {
  Lab lab;
  lab.dir().write("kinds/same.erl",
                  "-module(MODULE).\n-behaviour(supervisor).\n-export([start_link/0, init/1]).\n"
                  "start_link() -> supervisor:start_link({local, ?MODULE}, ?MODULE, []).\n"
                  "init([]) -> {ok, {#{}, [#{id => turn, start => {zoo_turn, start, []}}]}}.\n");
  const auto with_same = [&](const std::string& vsn, const std::string& loop) {
    LabRelease made =
        turning(lab, vsn, loop + "\nstart() -> {ok, proc_lib:spawn_link(?MODULE, loop, [])}.\n", false);
    made.modules[1].kind = (lab.dir() / "kinds/same").string();
    return made;
  };
  lab.add(with_same("1.0.0", "loop() -> receive _ -> ?MODULE:loop() end."));
  lab.add(with_same("2.0.0", "loop(_) -> ok."));
  REQUIRE(lab.start("zoo", "1.0.0").exit == 0);
  lab.ask("[{_, P, _, _}] = supervisor:which_children(zoo_sup), lab:await_rest(P), lab:mark().");
  const Ran ran = lab.upgrade("zoo", "1.0.0", "2.0.0");
  INFO(ran);
  CHECK(ran.exit == 1);
  CHECK(
      has(ran.err, "refused: processes that the new code cannot serve: 1 of zoo_turn, which loses loop/0: "));
  CHECK(lab.ask("lab:diff().") == "[]");
}
