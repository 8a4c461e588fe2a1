// SPDX-License-Identifier: BSD-3-Clause
#include <string>
#include <vector>

#include <erlrc/plan/plan.hpp>

#include "catch.hpp"

using namespace erlrc;

namespace {

const Atom app{"zoo"}, srv{"zoo_srv"};
using Change = ExplainedModule::Change;

}  // namespace

TEST_CASE("an explanation has the steps of the plan that only look, and names what happens to its modules") {
  Policy waits;
  waits.old_code = Policy::OldCode::wait;
  waits.wait_ms = 1000;
  const Policy at_once{.old_code = Policy::OldCode::wait};
  const CheckStranded stranded{{app}, {srv}, {srv}, {srv}};
  const NoteChildren notes{{app}, {{srv}}};
  const Plan plan{Word::upgraded,
                  {RequireLoaded{app, "1"}, ReadCode{"/e", {srv}, {}}, BackUpCode{"/d", {srv}},
                   CheckOldCode{{srv}, waits}, stranded, notes, StayRunning{app}, PassPointOfNoReturn{},
                   SuspendProcesses{{app}, {{srv, {}}}}, SwitchModules{{srv}}, ResumeProcesses{{srv}},
                   ChangeChildren{{srv}}, PostPurge{{{srv, Purge::soft}}}},
                  {"remark"},
                  {"note"},
                  {{srv, Change::changed, "loaded"}}};
  CHECK(explanation(plan) == Plan{Word::upgraded,
                                  {ExplainModules{{app}, {{srv, "changed: loaded"}}}, RequireLoaded{app, "1"},
                                   ReadCode{"/e", {srv}, {}}, BackUpCode{"/d", {srv}},
                                   CheckOldCode{{srv}, at_once}, stranded, notes, ForeseeChildren{}},
                                  {"remark"}});
}

TEST_CASE("an explanation of a plan without modules and supervisors has only checks") {
  CHECK(explanation({Word::upgraded, {RequireLoaded{app, "1"}, PassPointOfNoReturn{}}}).steps ==
        std::vector<Step>{RequireLoaded{app, "1"}});
}
