// SPDX-License-Identifier: BSD-3-Clause
#include <chrono>

#include <nlohmann/json.hpp>

#include "catch.hpp"
#include "lab.hpp"

// Tests that an upgrade waits for processes that are busy, and that no other process waits for them
// (--pause).

using namespace erlrc;
using namespace erlrc::test;

namespace {

void set_up(Lab& lab) {
  for (const std::string vsn : {"1.0.0", "2.0.0"})
    lab.add(servers("zoo", vsn, {"zoo_a", "zoo_b", "zoo_c"}));
  REQUIRE(lab.start("zoo", "1.0.0").exit == 0);
}

nlohmann::json node_of(const Ran& ran) {
  INFO(ran);
  return nlohmann::json::parse(ran.out).at("nodes").at(0);
}

}  // namespace

TEST_CASE("patience: a process that is busy for seconds does not make the upgrade fail, nor others wait") {
  Lab lab;
  set_up(lab);
  const auto busy = std::chrono::milliseconds(6000);
  lab.ask(
      "lab:on({busy, zoo_b}, {sleep, 6000}, 1), gen_server:cast(zoo_b, {act, busy}),"
      " lab:await(fun() -> {_, F} = process_info(whereis(zoo_b), current_function), F =:= {timer, sleep, 1} "
      "end),"
      // A client, which notes the longest time that it had to wait.
      " register(zoo_client, spawn(fun() -> (fun Ask(Most) ->"
      "   T = erlang:monotonic_time(millisecond), _ = gen_server:call(zoo_a, vsn, infinity),"
      "   Now = max(Most, erlang:monotonic_time(millisecond) - T),"
      "   receive {stop, From} -> From ! {most, Now} after 5 -> Ask(Now) end end)(0) end)).");
  const auto began = std::chrono::steady_clock::now();
  const auto node = node_of(lab.upgrade("zoo", "1.0.0", "2.0.0", {"--json"}));
  const auto took = std::chrono::steady_clock::now() - began;
  CHECK(node.at("word") == "upgraded");
  CHECK(took > busy / 2);
  CHECK(node.at("attempts") >= 2);
  CHECK(node.at("suspended_us") < 5'000'000);
  CHECK(lab.ask("zoo_client ! {stop, self()}, receive {most, Ms} -> Ms < 5000 end.") == "true");
  CHECK(lab.condition("zoo") == "new");
}

TEST_CASE("patience: where no process is busy, all are suspended at the first attempt") {
  Lab lab;
  set_up(lab);
  CHECK(node_of(lab.upgrade("zoo", "1.0.0", "2.0.0", {"--json", "--pause=10000"})).at("attempts") == 1);
}

TEST_CASE("patience: processes that are busy now and then are all ready at some moment") {
  Lab lab;
  set_up(lab);
  lab.ask(
      "[begin lab:on({busy, S}, {sleep, 150}), register(list_to_atom(atom_to_list(S) ++ \"_load\"),"
      "  spawn(fun() -> (fun Load() -> gen_server:cast(S, {act, busy}),"
      "    receive stop -> ok after 400 -> Load() end end)() end)) end || S <- [zoo_a, zoo_b, zoo_c]].");
  const Ran ran = lab.upgrade("zoo", "1.0.0", "2.0.0");
  INFO(ran);
  CHECK(ran.exit == 0);
  lab.ask("[S ! stop || S <- [zoo_a_load, zoo_b_load, zoo_c_load]].");
  CHECK(lab.condition("zoo") == "new");
}
