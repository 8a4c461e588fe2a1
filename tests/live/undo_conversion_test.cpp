// SPDX-License-Identifier: BSD-3-Clause
#include "catch.hpp"
#include "kin.hpp"
#include "zoo.hpp"

// Tests that the node is as before after a conversion that fails, of a process or of a supervisor
// (lab:snapshot/0).

using namespace erlrc;
using namespace erlrc::test;

TEST_CASE("after a failed code_change every process has its old state and keeps running") {
  const std::string appup = GENERATE(std::string(), one_by_one);
  const std::string kind = GENERATE(from_range(kinds));
  const std::string how = GENERATE("crash", "exit", "throw", "{answer, {error, no}}", "{answer, garbage}",
                                   "{answer, {ok}}", "{answer, ok}");
  INFO((appup.empty() ? "made appup" : "shipped appup"));
  CAPTURE(kind, how);
  Lab lab;
  start_kin(lab, appup);
  fails(lab, "{code_change, kin_" + kind + "}", how);
  const Ran ran = lab.upgrade("kin", "1.0.0", "2.0.0");
  CHECK(ran.exit == 1);
  CHECK(ran.out == "");
  CHECK(ran.err.starts_with("erlrc-upgrade: NODE: rolled_back: code_change failed: <0."));
  CHECK(ran.err.find(" kin_" + kind + " ") != std::string::npos);
  CHECK(ran.err.find("\n") == ran.err.size() - 1);
  check_rolled_back(lab);
}

TEST_CASE("a failed code_change of a downgrade is rolled back") {
  const std::string appup = GENERATE(std::string(), one_by_one);
  const std::string kind = GENERATE(from_range(kinds));
  INFO((appup.empty() ? "made appup" : "shipped appup"));
  CAPTURE(kind);
  Lab lab;
  start_kin(lab, appup, "2.0.0");
  fails(lab, "{code_change, kin_" + kind + "}", "crash");
  const Ran ran = lab.downgrade("kin", "1.0.0", "2.0.0");
  CHECK(ran.exit == 1);
  CHECK(ran.err.starts_with("erlrc-downgrade: NODE: rolled_back: code_change failed: <0."));
  CHECK(lab.ask("lab:diff().") == "[]");
  lab.ask("ets:delete_all_objects(lab_acts).");
  CHECK(lab.downgrade("kin", "1.0.0", "2.0.0").exit == 0);
  CHECK(kin_condition(lab) == "old");
}

TEST_CASE("a supervisor whose new init fails is rolled back") {
  const std::string appup = GENERATE(std::string(), one_by_one);
  const std::string how = GENERATE("crash", "exit", "{answer, garbage}", "{answer, {ok, {#{}, [bad]}}}");
  INFO((appup.empty() ? "made appup" : "shipped appup"));
  CAPTURE(how);
  Lab lab;
  start_kin(lab, appup);
  fails(lab, "{init, kin_sup}", how);
  const Ran ran = lab.upgrade("kin", "1.0.0", "2.0.0");
  CHECK(ran.exit == 1);
  CHECK(ran.err.starts_with("erlrc-upgrade: NODE: rolled_back: code_change failed: <0."));
  check_rolled_back(lab);
}

TEST_CASE("a supervisor whose new init never returns is not killed and gets its old state later") {
  std::optional<Lab> host;
  const Ran ran = at_limit(host, [&](Lab& lab, double seconds) {
    start_kin(lab, "");
    fails(lab, "{init, kin_sup}", "{wait, ok}");
    return lab.upgrade("kin", "1.0.0", "2.0.0", lab.limit(seconds));
  });
  Lab& lab = *host;
  INFO(ran);
  CHECK(ran.exit == 3);
  CHECK(ran.err.starts_with("erlrc-upgrade: NODE: broken: code_change failed: <0."));
  CHECK(ran.err.find("kin_sup in timer:sleep/1: its code_change has not returned; when it does, it continues "
                     "as before\n") != std::string::npos);
  CHECK(lab.ask("lab:release({init, kin_sup}), lab:status(kin_sup), lab:diff_at_last().") == "[]");
  check_rolled_back(lab);
}

TEST_CASE("an event handler that was added twice gets its old state, or is named") {
  const bool alike = GENERATE(true, false);
  CAPTURE(alike);
  Lab lab;
  start_kin(lab, one_by_one);
  lab.ask("[ok = gen_event:add_handler(kin_event, kin_event, Id) || Id <- [twin, " +
          std::string(alike ? "twin" : "other") + "]], lab:mark().");
  fails(lab, "{changed, kin}", "crash");
  const Ran ran = lab.upgrade("kin", "1.0.0", "2.0.0");
  INFO(ran);
  CHECK(ran.exit == (alike ? 1 : 3));
  if (alike)
    CHECK(lab.ask("lab:diff().") == "[]");
  else
    CHECK(ran.err.find(" kin_event in sys:suspend_loop/6: its state could not be put back as a whole\n") !=
          std::string::npos);
}

TEST_CASE("what a code_change has changed in the dictionary and the flags of its process is put back") {
  Lab lab;
  lab.dir().write(
      "kinds/marking.erl",
      "-module(MODULE).\n-behaviour(gen_server).\n-vsn(?VSN).\n"
      "-export([start_link/0, init/1, handle_call/3, handle_cast/2, code_change/3]).\n"
      "start_link() -> gen_server:start_link({local, ?MODULE}, ?MODULE, [], []).\n"
      "init([]) -> put(mark, ?VSN), put(gone, 1), {ok, 1}.\n"
      "handle_call(_, _, S) -> {reply, {get(), process_info(self(), [trap_exit, priority])}, S}.\n"
      "handle_cast(_, S) -> {noreply, S}.\n"
      "code_change(_, S, _) -> put(mark, changed), put(more, x), erase(gone),\n"
      "  process_flag(trap_exit, true), process_flag(priority, high), {ok, S}.\n");
  start_keeper(lab, (lab.dir() / "kinds/marking").string());
  const std::string marks =
      "{D, F} = gen_server:call(zoo_rec, marks), {lists:sort([P || {K, _} = P <- D, K =/= '$ancestors', "
      "K =/= '$initial_call']), F}.";
  const std::string before = lab.ask(marks);
  lab.ask("lab:on({code_change, zoo_keep}, crash).");
  const Ran ran = lab.upgrade("zoo", "1.0.0", "2.0.0");
  INFO(ran);
  CHECK(ran.exit == 1);
  CHECK(lab.ask(marks) == before);
  CHECK(lab.ask("lab:diff().") == "[]");
  lab.ask("lab:on({code_change, zoo_keep}, ok).");
  CHECK(lab.upgrade("zoo", "1.0.0", "2.0.0").exit == 0);
  CHECK(has(lab.ask(marks), "{mark,changed}"));
}

TEST_CASE("a process that code_change has linked is named if the upgrade is rolled back") {
  Lab lab;
  lab.dir().write("kinds/linking.erl",
                  "-module(MODULE).\n-behaviour(gen_server).\n-vsn(?VSN).\n"
                  "-export([start_link/0, init/1, handle_call/3, handle_cast/2, code_change/3]).\n"
                  "start_link() -> gen_server:start_link({local, ?MODULE}, ?MODULE, [], []).\n"
                  "init([]) -> {ok, 1}.\nhandle_call(_, _, S) -> {reply, S, S}.\n"
                  "handle_cast(_, S) -> {noreply, S}.\n"
                  "code_change(_, S, _) -> spawn_link(timer, sleep, [60000 + hd(?VSN)]), {ok, S}.\n");
  start_keeper(lab, (lab.dir() / "kinds/linking").string());
  lab.ask("lab:on({code_change, zoo_keep}, crash).");
  const Ran ran = lab.upgrade("zoo", "1.0.0", "2.0.0");
  INFO(ran);
  CHECK(ran.exit == 3);
  CHECK(has(ran.err, " zoo_rec in sys:suspend_loop/6: code_change has linked it to <0."));
}
