// SPDX-License-Identifier: BSD-3-Clause
#include <algorithm>

#include "upgrading.hpp"

// Tests which appup a plan follows, and what its instructions become.

using namespace erlrc;
using namespace erlrc::test;

TEST_CASE("a shipped appup is used, with a regular expression as version, and keeps its order") {
  AppFiles to = later();
  to.appup = shipped("{update,egerl_srv,{advanced,extra}},{load_module,egerl_lib}");
  const Plan plan = plan_of(plan_upgrade(up, running(), Disk({earlier(), to}).files(), {}));
  CHECK(plan.notes == std::vector<std::string>{"appup: the one that egerl 4.1.0 ships"});
  CHECK(plan.steps == std::vector<Step>{
                          RequireLoaded{egerl, "4.0.1"},
                          ReadCode{ebin2, {srv, lib}, {}},
                          BackUpCode{ebin1, {srv, lib}},
                          CheckOldCode{{}, {}, {lib, srv}},
                          CheckStranded{{egerl}, {srv, lib}, {srv}, {srv}, {}, {lib, srv}},
                          StayRunning{egerl},
                          PassPointOfNoReturn{},
                          ReplacePath{ebin1, ebin2},
                          ChangeApp{egerl, Atom{"earlier"}, Atom{"later"}},
                          SuspendProcesses{{egerl}, {{srv, {}}}, {Direction::up, {{srv, Atom{"extra"}}}}},
                          LoadNew{srv},
                          ConvertProcesses{Direction::up, {{srv, Atom{"extra"}}}},
                          ResumeProcesses{{srv}},
                          LoadNew{lib},
                          loaded({srv, lib}),
                          CallConfigChange{egerl},
                          PostPurge{{{lib, Purge::brutal}, {srv, Purge::brutal}}},
                      });
}

TEST_CASE("a downgrade uses the appup of the old version") {
  AppFiles from = later();
  from.appup = shipped("{load_module,egerl_lib}");
  const Plan plan = plan_of(plan_upgrade(down, running("4.1.0"), Disk({earlier(), from}).files(), {}));
  CHECK(plan.notes == std::vector<std::string>{"appup: the one that egerl 4.1.0 ships"});
  CHECK(plan.steps.at(1) == Step(ReadCode{ebin1, {lib}, {}}));
}

TEST_CASE("an appup is generated if the shipped one has no entry for the version") {
  AppFiles to = later();
  to.appup = Appup{"4.1.0", {{{"3.9", false}, {}}}, {}};
  const Plan plan = plan_of(plan_upgrade(up, running(), Disk({earlier(), to}).files(), {}));
  CHECK(plan.notes ==
        std::vector<std::string>{"appup: made, because the shipped one has no entry for 4.0.1"});
}

TEST_CASE("a change that no running node can make needs a restart") {
  AppFiles to = later();
  const auto [instruction, why] = GENERATE(table<std::string, std::string>({
      {"restart_new_emulator", "its appup asks for restart_new_emulator"},
      {"restart_emulator", "its appup asks for restart_emulator"},
      {"{sync_nodes,id,[a@b]}", "its appup asks for sync_nodes with other nodes"},
      {"{sync_nodes,id,{m,f,[]}}", "its appup asks for sync_nodes with other nodes"},
  }));
  to.appup = shipped(instruction);
  CHECK(plan_upgrade(up, running(), Disk({earlier(), to}).files(), {}) ==
        Decision(Refusal{Refusal::Reason::appup_needs_restart, why}));
}

TEST_CASE("a broken shipped appup is an error that names the file and the instruction") {
  AppFiles to = later();
  to.appup = shipped("{lode_module,egerl_lib}");
  CHECK_THROWS_WITH(
      plan_upgrade(up, running(), Disk({earlier(), to}).files(), {}),
      Catch::StartsWith("/lib/egerl-4.1.0/ebin/egerl.appup: ") && Catch::Contains("{lode_module,egerl_lib}"));
}

TEST_CASE("a supervisor's hook is rolled back by its counterpart") {
  AppFiles to = later();
  to.appup =
      shipped("{update,egerl_srv,supervisor},{apply,{egerl_srv,sup_upgrade_notify,[\"4.0.1\",\"4.1.0\"]}}");
  const Plan plan = plan_of(plan_upgrade(up, running(), Disk({earlier(), to}).files(), {}));
  const std::vector<Term> args{string("4.0.1"), string("4.1.0")};
  CHECK(plan.steps.at(plan.steps.size() - 4) ==
        Step(ApplyHook{{srv, Atom{"sup_upgrade_notify"}, args},
                       Apply{srv, Atom{"sup_downgrade_notify"}, args}}));
}

TEST_CASE("a restarted application starts with its new keys and its old start type") {
  AppFiles to = later();
  to.appup = shipped("{restart_application,egerl}");
  NodeState node = running();
  node.running[egerl] = Atom{"transient"};
  const Plan plan = plan_of(plan_upgrade(up, node, Disk({earlier(), to}).files(), {}));
  const auto changed = std::ranges::find(plan.steps, Step(ChangeApp{egerl, Atom{"earlier"}, Atom{"later"}}));
  const auto started = std::ranges::find(plan.steps, Step(StartApp{egerl, Atom{"transient"}}));
  const auto stopped = std::ranges::find(plan.steps, Step(StopApp{egerl}));
  REQUIRE(started != plan.steps.end());
  CHECK(changed < stopped);
  CHECK(stopped < started);
  CHECK(std::ranges::count(plan.steps, Step(ChangeApp{egerl, Atom{"earlier"}, Atom{"later"}})) == 1);
}

TEST_CASE("modules that a shipped appup does not cover are named") {
  AppFiles to = later();
  to.appup = shipped("{load_module, egerl_srv}");
  const Plan plan = plan_of(plan_upgrade(up, running(), Disk({earlier(), to}).files(), {}));
  CHECK(plan.remarks ==
        std::vector<std::string>{"modules that differ and that the appup leaves as they are: egerl_lib"});
}

TEST_CASE("modules that the .app file does not list are named, with a made and with a shipped appup") {
  AppFiles to = later();
  to.unlisted = {lib};
  const std::string remark = "module egerl_lib has a .beam file and is not listed in the .app file";
  const auto remarks = [&] {
    return plan_of(plan_upgrade(up, running(), Disk({earlier(), to}).files(), {})).remarks;
  };
  CHECK(remarks() == std::vector<std::string>{remark});
  to.appup = shipped("{load_module, egerl_srv}, {load_module, egerl_lib}");
  CHECK(remarks() == std::vector<std::string>{remark});
}
