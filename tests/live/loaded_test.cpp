// SPDX-License-Identifier: BSD-3-Clause
#include <string>
#include <variant>
#include <vector>

#include <erlrc/node/connect.hpp>
#include <erlrc/node/run.hpp>
#include <erlrc/sys/deadline.hpp>

#include "catch.hpp"
#include "injection.hpp"
#include "lab.hpp"

// The compiled part of the runner, which a node loads for the time of a plan that changes code.

using namespace erlrc;
using namespace erlrc::test;

namespace {

constexpr auto of_runner =
    "Ours = fun() -> [M || M <- erlang:loaded(), lists:prefix(\"erlrc_run_\", atom_to_list(M)), "
    "erlang:module_loaded(M)] end, ";

constexpr milliseconds patience{600'000};

std::vector<std::string> change(Lab& lab) {
  return {"big", "1.0.0", "2.0.0", lab.at("big", "1.0.0"), lab.at("big", "2.0.0")};
}

/// The list of its modules, as text.
std::string loaded(Lab& lab) {
  return lab.ask(std::string(of_runner) + "lists:sort(Ours()).");
}

/// Before OTP 24 all is interpreted.
bool loads_none(Lab& lab) {
  return lab.ask("list_to_integer(erlang:system_info(otp_release)) < 24.") == "true";
}

/// Waits until the last run has removed its modules, also the old code of them.
std::string are_gone(Lab& lab, const std::string& names) {
  return lab.ask(std::string(of_runner) +
                 "lab:await_idle(), lab:await(fun() -> Ours() =:= [] andalso "
                 "not lists:any(fun erlang:check_old_code/1, " +
                 names + ") end).");
}

void set_up(Lab& lab) {
  for (const std::string app : {"big", "other"}) {
    lab.add(servers(app, "1.0.0", {app + "_server"}));
    lab.add(servers(app, "2.0.0", {app + "_server"}));
    REQUIRE(lab.start(app, "1.0.0").exit == 0);
  }
}

}  // namespace

TEST_CASE("the runner is loaded for an upgrade, and gone when that has ended") {
  Lab lab;
  set_up(lab);
  CHECK(loaded(lab) == "[]");
  lab.ask("lab:on({code_change, big_server}, {wait, ok}).");
  Child program = lab.launch("upgrade", change(lab));
  REQUIRE(lab.ask("lab:await_reached({code_change, big_server}).") == "true");
  const std::string names = loaded(lab);
  if (loads_none(lab)) {
    CHECK(names == "[]");
    return;
  }
  REQUIRE(names.starts_with("[erlrc_run_"));
  const bool killed = GENERATE(false, true);
  CAPTURE(killed);
  if (killed) lab.ask("exit(whereis(erlrc_runner), kill).");
  lab.ask("lab:release({code_change, big_server}).");
  CHECK(program.ends() == (killed ? 3 : 0));
  // The next run removes what a killed one has left.
  if (killed) {
    CHECK(loaded(lab) == names);
    CHECK(lab.upgrade("other", "1.0.0", "2.0.0").exit == 0);
  }
  CHECK(are_gone(lab, names) == "true");
}

TEST_CASE("old code that a killed run has left is removed before the next one loads its own") {
  Lab lab;
  set_up(lab);
  if (loads_none(lab)) return;
  lab.ask("lab:on({code_change, big_server}, {wait, ok}).");
  Child program = lab.launch("upgrade", change(lab));
  REQUIRE(lab.ask("lab:await_reached({code_change, big_server}).") == "true");
  const std::string names = loaded(lab);
  REQUIRE(names.starts_with("[erlrc_run_"));
  // It may have been killed while it removed them.
  const std::string removed = GENERATE(false, true) ? "tl(" + names + ")" : names;
  CAPTURE(removed);
  lab.ask("[erlang:delete_module(M) || M <- " + removed + "], exit(whereis(erlrc_runner), kill).");
  lab.ask("lab:release({code_change, big_server}).");
  CHECK(program.ends() == 3);
  CHECK(lab.ask("erlang:check_old_code(lists:last(" + names + ")).") == "true");
  lab.ask("lab:on({code_change, other_server}, {wait, ok}).");
  Child next =
      lab.launch("upgrade", {"other", "1.0.0", "2.0.0", lab.at("other", "1.0.0"), lab.at("other", "2.0.0")});
  REQUIRE(lab.ask("lab:await_reached({code_change, other_server}).") == "true");
  CHECK(loaded(lab) == names);
  lab.ask("lab:release({code_change, other_server}).");
  CHECK(next.ends() == 0);
  CHECK(are_gone(lab, names) == "true");
}

TEST_CASE("a run that waits for its turn loads nothing") {
  Lab lab;
  set_up(lab);
  const auto upgrade_of = [&](const std::string& app) {
    return std::get<Plan>(planned(lab, request_for(lab, Action::upgrade, app, "1.0.0", "2.0.0")));
  };
  const Plan plan = upgrade_of("big");
  const Plan other = upgrade_of("other");
  const auto rpc = connect(lab.node().entry(), after(patience));
  // Prepared, it waits for us.
  const Outcome prepared = run(*rpc, plan, Commit::on_verdict, after(patience));
  REQUIRE(prepared.is_done());
  if (loads_none(lab)) return;
  const std::string names = loaded(lab);
  REQUIRE(names.starts_with("[erlrc_run_"));
  const auto its_rpc = connect(lab.node().entry(), after(patience));
  const Outcome its = run(*its_rpc, other, Commit::at_once, after(milliseconds(4000)));
  CHECK(std::get<Refusal>(its.result).reason == Refusal::Reason::busy);
  CHECK(loaded(lab) == names);
  CHECK(lab.ask("lists:any(fun erlang:check_old_code/1, " + names + ").") == "false");
  CHECK(conclude(*rpc, prepared, Verdict::commit, after(patience)).is_done());
  CHECK(lab.ask("gen_server:call(big_server, vsn).") == R"({"2.0.0","2.0.0"})");
  CHECK(are_gone(lab, names) == "true");
}

TEST_CASE("a start loads nothing of the runner") {
  Lab lab;
  lab.add(servers("big", "1.0.0", {"big_server"}));
  lab.ask("lab:on({start, big}, {wait, ok}).");
  Child program = lab.launch("start", {"big", "1.0.0", lab.at("big", "1.0.0")});
  REQUIRE(lab.ask("lab:await_reached({start, big}).") == "true");
  CHECK(loaded(lab) == "[]");
  lab.ask("lab:release({start, big}).");
  CHECK(program.ends() == 0);
}
