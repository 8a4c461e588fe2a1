// SPDX-License-Identifier: BSD-3-Clause
#include <optional>

#include "catch.hpp"
#include "lab.hpp"

// Tests conversions of states that are too big to be copied: their processes keep them for the undo.

using namespace erlrc;
using namespace erlrc::test;

namespace {

const std::vector<std::string> kinds{"server", "statem", "event", "special"};

LabRelease hoard(const std::string& vsn, const std::string& appup = {}) {
  LabRelease made{"hoard", vsn, {{"hoard_app", "app"}, {"hoard_sup", "sup"}}};
  std::vector<std::string> workers{"hoard_server", "hoard_statem", "hoard_special"};
  std::string children = child_specs(workers);
  children.pop_back();
  made.modules[1].children =
      children + ", {hoard_event, {hoard_event, start_link, []}, permanent, 2000, worker, dynamic}]";
  for (const std::string& kind : kinds)
    made.modules.push_back({"hoard_" + kind, kind});
  made.appup = appup;
  return made;
}

/// Each process of version 1.0.0 has a list of that many elements in its state.
void set_up(Lab& lab, const std::string& elements, const std::string& appup = {}) {
  lab.add(hoard("1.0.0"));
  lab.add(hoard("2.0.0", appup));
  REQUIRE(lab.start("hoard", "1.0.0").exit == 0);
  // Seconds may go by on a busy machine, so the calls wait longer than their default.
  lab.ask("Big = fun(S) -> S#{big => lists:seq(1, " + elements +
          ")} end, "
          "sys:replace_state(hoard_server, Big, 60000), sys:replace_state(hoard_special, Big, 60000), "
          "sys:replace_state(hoard_statem, fun({S, Data}) -> {S, Big(Data)} end, 60000), "
          "sys:replace_state(hoard_event, fun({M, Id, S}) -> {M, Id, Big(S)} end, 60000), "
          "[erlang:garbage_collect(Pid) || Pid <- processes()], lab:mark().");
}

constexpr auto updates =
    "{update, hoard_server, {advanced, []}}, {update, hoard_statem, {advanced, []}}, "
    "{update, hoard_special, {advanced, []}}, {update, hoard_event, {advanced, []}}";

/// What the processes still keep for an undo.
std::string kept(Lab& lab) {
  return lab.ask(
      "lab:await_idle(), [K || N <- [hoard_server, hoard_statem, hoard_special, hoard_event], "
      "{sys, _} <- [{sys, sys:get_status(N, 60000)}], "
      "{dictionary, D} <- [process_info(whereis(N), dictionary)], "
      "{{erlrc_state, _} = K, _} <- D].");
}

/// Version and size of each state.
std::string states(Lab& lab) {
  return lab.ask(
      "Of = fun(#{vsn := V, big := B}) -> {V, length(B)} end, Get = fun(Name) -> sys:get_state(Name, 60000) "
      "end, {_, Data} = Get(hoard_statem), lists:usort([Of(Get(hoard_server)), Of(Get(hoard_special)), "
      "Of(Data) | [Of(S) || {_, _, S} <- Get(hoard_event)]]).");
}

}  // namespace

TEST_CASE("big state: the runner has no copy of it, neither for an upgrade nor for a rollback") {
  Lab lab;
  set_up(lab, "100");
  lab.ask(
      "sys:replace_state(hoard_server, fun(S) -> S#{big := lists:seq(1, 10000000)} end, 60000), "
      "erlang:garbage_collect(whereis(hoard_server)).");
  const bool fails = GENERATE(false, true);
  CAPTURE(fails);
  if (fails) lab.ask("lab:on({code_change, hoard_statem}, crash).");
  // The most memory that the runner uses, as seen each millisecond.
  lab.ask(
      "Now = fun() -> case erlang:whereis(erlrc_runner) of undefined -> 0; Pid -> "
      "case process_info(Pid, memory) of {_, Bytes} -> Bytes; undefined -> 0 end end end, "
      "Watch = fun Watch(Most) -> receive {From, most} -> From ! {most, Most} "
      "after 1 -> Watch(max(Most, Now())) end end, "
      "persistent_term:put(watch, spawn_opt(fun() -> Watch(0) end, [{priority, max}])).");
  const Ran ran = lab.upgrade("hoard", "1.0.0", "2.0.0");
  CHECK(ran.exit == (fails ? 1 : 0));
  const std::string most =
      lab.ask("persistent_term:get(watch) ! {self(), most}, receive {most, Most} -> Most div 1000000 end.");
  CHECK(std::stoi(most) > 0);
  CHECK(std::stoi(most) < 100);  // the state has 160 MB
  CHECK(kept(lab) == "[]");
  CHECK(states(lab) ==
        (fails ? "[{\"1.0.0\",100},{\"1.0.0\",10000000}]" : "[{\"2.0.0\",100},{\"2.0.0\",10000000}]"));
}

TEST_CASE("big state: after a failure every process has the state that it had") {
  const std::string kind = GENERATE(from_range(kinds));
  const std::string appup = GENERATE(std::string(), std::string("{\"2.0.0\", [{\"1.0.0\", [") + updates +
                                                        ", {apply, {erlang, error, [late]}}]}], []}.");
  CAPTURE(kind, appup);
  Lab lab;
  set_up(lab, "200000", appup);
  if (appup.empty()) lab.ask("lab:on({code_change, hoard_" + kind + "}, crash).");
  CHECK(lab.upgrade("hoard", "1.0.0", "2.0.0").exit == 1);
  CHECK(lab.ask("[Section || {Section, _, _} <- lab:diff()].") == "[]");
  CHECK(kept(lab) == "[]");
  lab.ask("ets:delete_all_objects(lab_acts).");
}

TEST_CASE(
    "big state: what happened since the upgrade stays after a rollback, if code_change converts it back") {
  Lab lab;
  set_up(
      lab, "200000",
      std::string("{\"2.0.0\", [{\"1.0.0\", [") + updates + ", {apply, {lab, act, [hook, hoard]}}]}], []}.");
  const bool back = GENERATE(true, false);
  CAPTURE(back);
  // A call after the conversion changes the state of the server.
  lab.ask(std::string(
              "lab:on({hook, hoard}, {call, {lab, in_order, [[{gen_server, call, [hoard_server, vsn]}, ") +
          (back ? "" : "{lab, on, [{code_change, hoard_server}, crash]}, ") +
          "{erlang, error, [late]}]]}}).");
  const Ran ran = lab.upgrade("hoard", "1.0.0", "2.0.0");
  CHECK(ran.exit == 1);
  CHECK((ran.err.find("what happened since is lost") == std::string::npos) == back);
  CHECK(lab.ask("#{calls := N} = sys:get_state(hoard_server), N.") == (back ? "1" : "0"));
  CHECK(states(lab) == "[{\"1.0.0\",200000}]");
  CHECK(kept(lab) == "[]");
}

TEST_CASE("big state: a process whose code_change never returns is started again with it") {
  std::optional<Lab> host;
  const std::string kind = GENERATE("server", "event");
  const Ran ran = at_limit(host, [&](Lab& lab, double seconds) {
    set_up(lab, "200000");
    lab.ask("lab:on({code_change, hoard_" + kind + "}, hang).");
    return lab.upgrade("hoard", "1.0.0", "2.0.0", lab.limit(seconds));
  });
  Lab& lab = *host;
  INFO(ran);
  CHECK(ran.exit == 1);
  CHECK(lab.ask("[{S, [N || {N, _} <- A]} || {S, A, _} <- lab:diff()].") == "[{pids,[hoard_" + kind + "]}]");
}
