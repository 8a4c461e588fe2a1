// SPDX-License-Identifier: BSD-3-Clause
#include "catch.hpp"
#include "lab.hpp"

// Tests upgrades of busy applications: children are started and die, processes wait for each other, some do
// not respond.

using namespace erlrc;
using namespace erlrc::test;

namespace {

/// A server with short-lived guests.
LabRelease inn(const std::string& vsn, const std::string& restart = "temporary") {
  LabRelease made = servers("inn", vsn, {"inn_server"});
  made.modules[1].children.pop_back();
  made.modules[1].children +=
      ", {inn_pool, {inn_pool, start_link, []}, permanent, infinity, supervisor, [inn_pool]}]";
  made.modules.push_back(
      {"inn_pool", "pool",
       "[{guest, {inn_guest, start_link, [first]}, " + restart + ", 2000, worker, [inn_guest]}]"});
  made.modules.push_back({"inn_guest", "guest"});
  return made;
}

LabRelease chain(const std::string& vsn) {
  return servers("zoo", vsn, {"zoo_a", "zoo_b", "zoo_c"});
}

void set_up(Lab& lab) {
  lab.add(chain("1.0.0"));
  lab.add(chain("2.0.0"));
  REQUIRE(lab.start("zoo", "1.0.0").exit == 0);
}

/// Starts five guests every millisecond, each for thirty.
void open_door(Lab& lab) {
  lab.ask(
      "register(inn_door, spawn(fun Door() ->"
      "  receive close -> ok after 1 ->"
      "    [case supervisor:start_child(inn_pool, [30]) of {ok, _} -> ok; E -> lab:record({no_child, E}) end"
      "     || _ <- lists:seq(1, 5)],"
      "    Door()"
      "  end end)).");
}

/// When it returns, the last guest has ended.
void close_door(Lab& lab) {
  lab.ask(
      "inn_door ! close, lab:await(fun() -> whereis(inn_door) =:= undefined end),"
      " lab:await(fun() -> proplists:get_value(active, supervisor:count_children(inn_pool)) =:= 0 end).");
}

const Ran upgraded{0, "erlrc-upgrade: Upgrading 'zoo': (NODE) upgraded\n", ""};

}  // namespace

TEST_CASE(
    "children that are started and die all the time never run new code with an old state or vice versa") {
  Lab lab;
  lab.add(inn("1.0.0"));
  lab.add(inn("2.0.0"));
  REQUIRE(lab.start("inn", "1.0.0").exit == 0);
  open_door(lab);
  for (int i = 0; i < 10; ++i) {
    CAPTURE(i);
    CHECK(lab.upgrade("inn", "1.0.0", "2.0.0") ==
          Ran{0, "erlrc-upgrade: Upgrading 'inn': (NODE) upgraded\n", ""});
    CHECK(lab.downgrade("inn", "1.0.0", "2.0.0") ==
          Ran{0, "erlrc-downgrade: Downgrading 'inn': (NODE) downgraded\n", ""});
  }
  // The same in a rollback.
  lab.ask("lab:on({code_change, inn_server}, crash).");
  for (int i = 0; i < 5; ++i)
    CHECK(lab.upgrade("inn", "1.0.0", "2.0.0").exit == 1);
  close_door(lab);
  CHECK(lab.ask("[C || C <- lab:calls(), lists:member(element(1, C), [mismatch, no_child])].") == "[]");
  CHECK(lab.ask("length([C || C <- lab:calls(), element(1, C) =:= code_change, element(2, C) =:= inn_guest]) "
                "> 50.") == "true");
  CHECK(lab.condition("inn") == "old");
}

TEST_CASE("processes started in the new code are converted back, too, if the upgrade fails late") {
  Lab lab;
  LabRelease later = inn("2.0.0");
  later.appup =
      "{\"2.0.0\", [{\"1.0.0\", [{update, inn_server, {advanced, []}, soft_purge, soft_purge, []},"
      " {update, inn_guest, {advanced, []}, soft_purge, soft_purge, []},"
      " {apply, {timer, sleep, [20]}}, {apply, {erlang, error, [late]}}]}], []}.";
  lab.add(inn("1.0.0"));
  lab.add(later);
  REQUIRE(lab.start("inn", "1.0.0").exit == 0);
  open_door(lab);
  lab.ask("lab:await(fun() -> proplists:get_value(active, supervisor:count_children(inn_pool)) > 50 end).");
  for (int i = 0; i < 10; ++i) {
    CAPTURE(i);
    const Ran ran = lab.upgrade("inn", "1.0.0", "2.0.0");
    INFO(ran.err);
    CHECK(ran.exit == 1);
  }
  close_door(lab);
  CHECK(lab.ask("[C || C <- lab:calls(), lists:member(element(1, C), [mismatch, no_child])].") == "[]");
  CHECK(lab.condition("inn") == "old");
}

TEST_CASE("modules may be switched one after the other, before the processes of both are converted") {
  Lab lab;
  LabRelease later = inn("2.0.0");
  later.appup =
      "{\"2.0.0\", [{\"1.0.0\", [{load_object_code, {inn, \"2.0.0\", [inn_server, inn_guest]}}, "
      "point_of_no_return,"
      " {suspend, [inn_server, inn_guest]}, {load, {inn_guest, soft_purge, soft_purge}}, {apply, {timer, "
      "sleep, [1]}},"
      " {load, {inn_server, soft_purge, soft_purge}}, {code_change, up, [{inn_server, []}, {inn_guest, []}]},"
      " {resume, [inn_server, inn_guest]}]}], []}.";
  lab.add(inn("1.0.0"));
  lab.add(later);
  REQUIRE(lab.start("inn", "1.0.0").exit == 0);
  const Ran ran = lab.upgrade("inn", "1.0.0", "2.0.0");
  INFO(ran.err);
  CHECK(ran.exit == 0);
  CHECK(lab.ask("[C || C <- lab:calls(), element(1, C) =:= mismatch].") == "[]");
}

TEST_CASE("a process may wait in a call for another one of the same upgrade") {
  Lab lab;
  set_up(lab);
  // Each is busy until all are asked to suspend, and then calls one that may already be suspended.
  lab.ask(
      "[begin lab:on({busy, S}, {sleep, Ms}), gen_server:cast(S, {act_and_call, busy, Next}) end"
      " || {S, Ms, Next} <- [{zoo_a, 300, zoo_b}, {zoo_b, 150, zoo_c}]].");
  CHECK(lab.upgrade("zoo", "1.0.0", "2.0.0") == upgraded);
  CHECK(lab.condition("zoo") == "new");
  CHECK(lab.ask("[Who || {answered, Who, _} <- lab:calls()].") == "[zoo_b,zoo_a]");
}

TEST_CASE("a process that does not suspend is named, and nothing changes") {
  std::optional<Lab> host;
  const Ran ran = at_limit(host, [&](Lab& lab, double seconds) {
    set_up(lab);
    lab.ask(
        "lab:mark(), lab:on({busy, zoo_b}, {wait, ok}), gen_server:cast(zoo_b, {act, busy}),"
        " lab:await_reached({busy, zoo_b}).");
    return lab.upgrade("zoo", "1.0.0", "2.0.0", lab.limit(seconds));
  });
  Lab& lab = *host;
  CHECK(ran == Ran{1, "",
                   "erlrc-upgrade: NODE: rolled_back: not suspended in time: " + lab.pid_of("zoo_b") +
                       " zoo_b in timer:sleep/1 child zoo_b of zoo_sup\n"});
  CHECK(lab.ask("lab:release({busy, zoo_b}), lab:diff_at_last().") == "[]");
  CHECK(lab.upgrade("zoo", "1.0.0", "2.0.0") == upgraded);
}

TEST_CASE("a process has the time limit of its instruction to suspend") {
  Lab lab;
  lab.add(chain("1.0.0"));
  LabRelease later = chain("2.0.0");
  later.appup =
      "{\"2.0.0\", [{\"1.0.0\", [{update, zoo_b, 700, {advanced, []}, brutal_purge, brutal_purge, []}]}], "
      "[]}.";
  lab.add(later);
  REQUIRE(lab.start("zoo", "1.0.0").exit == 0);
  lab.ask(
      "lab:mark(), lab:on({busy, zoo_b}, {wait, ok}), gen_server:cast(zoo_b, {act, busy}), "
      "lab:await_reached({busy, zoo_b}).");
  const auto began = std::chrono::steady_clock::now();
  const Ran ran = lab.upgrade("zoo", "1.0.0", "2.0.0");
  const auto took = std::chrono::steady_clock::now() - began;
  CHECK(ran.exit == 1);
  CHECK(ran.err.starts_with("erlrc-upgrade: NODE: rolled_back: not suspended in time: <0."));
  CHECK(took >= std::chrono::milliseconds(700));
  CHECK(took < std::chrono::milliseconds(3500) * lab.slowness());
  CHECK(lab.ask("lab:release({busy, zoo_b}), lab:diff_at_last().") == "[]");
}

TEST_CASE("a process may be suspended late, with many messages waiting") {
  Lab lab;
  set_up(lab);
  lab.ask(
      "lab:on({busy, zoo_b}, {sleep, 20}), [gen_server:cast(zoo_b, {act, busy}) || _ <- lists:seq(1, 30)].");
  CHECK(lab.upgrade("zoo", "1.0.0", "2.0.0") == upgraded);
  CHECK(lab.condition("zoo") == "new");
}

TEST_CASE("a supervisor of another application that does not respond does not matter") {
  Lab lab;
  set_up(lab);
  lab.add(servers("other", "1.0.0", {"other_a"}));
  lab.start("other", "1.0.0");
  lab.ask("sys:suspend(other_sup), sys:suspend(other_a).");
  CHECK(lab.upgrade("zoo", "1.0.0", "2.0.0", lab.limit(8)) == upgraded);
  CHECK(lab.ask("[lab:status(S) || S <- [other_sup, other_a]].") == "[suspended,suspended]");
  lab.ask("sys:resume(other_sup), sys:resume(other_a).");
}

TEST_CASE("a supervisor of the application itself that does not respond is reported") {
  std::optional<Lab> host;
  const Ran ran = at_limit(host, [&](Lab& lab, double seconds) {
    set_up(lab);
    lab.ask("lab:mark(), sys:suspend(zoo_sup).");
    return lab.upgrade("zoo", "1.0.0", "2.0.0", lab.limit(seconds));
  });
  Lab& lab = *host;
  CHECK(ran.exit == 1);
  CHECK(ran.err.find("zoo_sup") != std::string::npos);
  lab.ask("sys:resume(zoo_sup).");
  CHECK(lab.ask("lab:diff_at_last().") == "[]");
}

TEST_CASE("a process suspended by another process stays suspended if the upgrade fails") {
  Lab lab;
  set_up(lab);
  lab.ask("sys:suspend(zoo_a), lab:mark(), lab:on({code_change, zoo_b}, crash).");
  CHECK(lab.upgrade("zoo", "1.0.0", "2.0.0").exit == 1);
  CHECK(lab.ask("[lab:status(S) || S <- [zoo_a, zoo_b]].") == "[suspended,running]");
  lab.ask("sys:resume(zoo_a).");
}

TEST_CASE("two upgrades of one node at the same time run one after the other") {
  Lab lab;
  set_up(lab);
  lab.ask("lab:on({code_change, zoo_a}, {wait, ok}).");
  const std::vector<std::string> args{
      "--timeout", "300", "zoo", "1.0.0", "2.0.0", lab.at("zoo", "1.0.0"), lab.at("zoo", "2.0.0")};
  Child first = lab.launch("upgrade", args);
  REQUIRE(lab.ask("lab:await_reached({code_change, zoo_a}).") == "true");
  const Ran late =
      in_time([&](double seconds) { return lab.upgrade("zoo", "1.0.0", "2.0.0", lab.limit(seconds)); });
  INFO(late);
  CHECK(late.exit == 1);
  CHECK(late.err.starts_with("erlrc-upgrade: NODE: refused: another run of erlrc (<0."));
  // The second one waits for the first, which has already changed the version that the node reports.
  Child second = lab.launch("upgrade", args);
  lab.ask("lab:release({code_change, zoo_a}).");
  CHECK(second.ends() == 0);  // it runs already
  CHECK(lab.ask("lab:await_idle().") == "true");
  CHECK(lab.condition("zoo") == "new");
}

TEST_CASE("an upgrade ignores the node's max_heap_size") {
  // The emulator kills a process with a larger heap.
  const std::string words = GENERATE("300000", "1500000");
  CAPTURE(words);
  const std::string limit =
      "erlang:system_flag(max_heap_size, #{size => " + words + ", kill => true, error_logger => false}).";
  const std::string no_limit = "erlang:system_flag(max_heap_size, 0).";
  Lab lab{LiveNodeOptions{}};
  set_up(lab);
  lab.ask(
      "[sys:replace_state(S, fun(State) -> State#{data => lists:seq(1, 400000)} end) || S <- [zoo_a, zoo_b]],"
      " lab:mark(), lab:on({code_change, zoo_c}, crash).");
  lab.ask(limit);
  CHECK(lab.upgrade("zoo", "1.0.0", "2.0.0").exit == 1);
  lab.ask(no_limit);
  CHECK(lab.ask("lab:diff().") == "[]");
  lab.ask("lab:on({code_change, zoo_c}, ok).");
  lab.ask(limit);
  CHECK(lab.upgrade("zoo", "1.0.0", "2.0.0") == upgraded);
  lab.ask(no_limit);
  CHECK(lab.condition("zoo") == "new");
}

TEST_CASE("only the one of many children that is stuck in code_change is started again, with its state") {
  const std::string pids = "lists:sort([P || {_, P, _, _} <- supervisor:which_children(inn_pool)])";
  const std::string states = "lists:sort([maps:get(id, sys:get_state(P)) || P <- " + pids + "]).";
  std::optional<Lab> host;
  const Ran ran = at_limit(host, [&](Lab& lab, double seconds) {
    lab.add(inn("1.0.0", "permanent"));
    lab.add(inn("2.0.0", "permanent"));
    REQUIRE(lab.start("inn", "1.0.0").exit == 0);
    // inn_guest:start_link(first, infinity), three times; their states are made different by hand.
    lab.ask(
        "[begin {ok, P} = supervisor:start_child(inn_pool, [infinity]),"
        " sys:replace_state(P, fun(S) -> S#{id := N} end) end || N <- [one, two, three]].");
    REQUIRE(lab.ask(states) == "[one,three,two]");
    lab.ask("lab:on({code_change, inn_guest}, hang, 1).");
    lab.ask("persistent_term:put(lab_pids, " + pids + ").");
    return lab.upgrade("inn", "1.0.0", "2.0.0", lab.limit(seconds));
  });
  Lab& lab = *host;
  INFO(ran);
  CHECK(ran.exit == 1);
  CHECK(lab.ask(states) == "[one,three,two]");
  CHECK(lab.ask("length(" + pids + " -- persistent_term:get(lab_pids)).") == "1");
  CHECK(lab.condition("inn") == "old");
}

TEST_CASE("a temporary child that is stuck in code_change cannot be started again, which is reported") {
  std::optional<Lab> host;
  const Ran ran = at_limit(host, [&](Lab& lab, double seconds) {
    lab.add(inn("1.0.0"));
    lab.add(inn("2.0.0"));
    REQUIRE(lab.start("inn", "1.0.0").exit == 0);
    lab.ask(
        "[{ok, _} = supervisor:start_child(inn_pool, [infinity]) || _ <- [1, 2, 3]],"
        " lab:on({code_change, inn_guest}, hang, 1).");
    return lab.upgrade("inn", "1.0.0", "2.0.0", lab.limit(seconds));
  });
  Lab& lab = *host;
  INFO(ran);
  CHECK(ran.exit == 3);
  CHECK(ran.err.find("was stopped, because its code_change did not return, and not started again: ") !=
        std::string::npos);
  CHECK(lab.condition("inn") == "old");
  CHECK(lab.ask("length(supervisor:which_children(inn_pool)).") == "2");
}

TEST_CASE("a worker that is declared dynamic and is not an event manager is not asked for handlers") {
  Lab lab;
  // A guest has a clause for each message that it expects.
  const auto release = [](const std::string& vsn) {
    LabRelease made = chain(vsn);
    made.modules[1].children.pop_back();
    made.modules[1].children +=
        ", {zoo_guest, {zoo_guest, start_link, [any, infinity]}, permanent, 2000, worker, dynamic}]";
    made.modules.push_back({"zoo_guest", "guest"});
    return made;
  };
  lab.add(release("1.0.0"));
  lab.add(release("2.0.0"));
  REQUIRE(lab.start("zoo", "1.0.0").exit == 0);
  const std::string guest = "lists:keyfind(zoo_guest, 1, supervisor:which_children(zoo_sup)).";
  const std::string before = lab.ask(guest);
  CHECK(lab.upgrade("zoo", "1.0.0", "2.0.0").exit == 0);
  CHECK(lab.ask(guest) == before);
}
