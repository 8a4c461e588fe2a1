// SPDX-License-Identifier: BSD-3-Clause
#include <erlrc/script/explain.hpp>

#include "catch.hpp"
#include "made_files.hpp"

using namespace erlrc;
using namespace erlrc::test;

namespace {

using Lines = std::vector<std::string>;

const Atom changed{"changed"};
const Atom server{"server"};

AppFiles version(const std::string& vsn, const std::vector<Module>& more = {}) {
  std::vector<Module> modules{module("same"), module("changed").differing(vsn),
                              module("server").exporting("code_change/3").differing(vsn),
                              module("top").behaving("supervisor").differing(vsn)};
  modules.insert(modules.end(), more.begin(), more.end());
  return files(vsn, modules);
}

const AppFiles earlier = version("1", {module("gone")});
const AppFiles later = version("2", {module("born")});

Lines explained(const std::vector<LowLevel>& script) {
  Lines lines;
  for (const ExplainedModule& each : explain_modules(earlier, later, script))
    lines.push_back(describe(each));
  return lines;
}

}  // namespace

TEST_CASE("what a script does with each module that differs is explained") {
  CHECK(explained({Load{Atom{"born"}}, Suspend{{{server}, {Atom{"top"}}}}, Load{changed}, Load{server},
                   Load{Atom{"top"}}, CodeChange{Direction::up, {{server, list()}, {Atom{"top"}, list()}}},
                   Resume{{server, Atom{"top"}}}, Remove{Atom{"gone"}}}) ==
        Lines{"born: new: loaded, and no state is converted",
              "changed: changed: loaded, and no state is converted", "gone: gone: removed",
              "server: changed: code_change/3 converts the states",
              "top: changed: its supervisors call init/1 again"});
}

TEST_CASE("what a script leaves alone or stops is explained, and what it names for nothing") {
  CHECK(explained({StopProcesses{{server}}, Load{server}, StartProcesses{{server}}, Load{Atom{"same"}}}) ==
        Lines{"born: new: no instruction loads it",
              "changed: changed: no instruction changes it, so the old code keeps running",
              "gone: gone: no instruction removes it, so it stays loaded",
              "same: same: loaded, and no state is converted",
              "server: changed: its processes are stopped and started again, and what they know is lost",
              "top: changed: no instruction changes it, so the old code keeps running"});
}

TEST_CASE("a conversion without a code_change, and one that passes states on, are explained as such") {
  AppFiles from = earlier, to = later;
  CHECK(describe(explain_modules(
                     from, to,
                     {Suspend{{{changed}}}, Load{changed}, CodeChange{Direction::up, {{changed, list()}}}})
                     .at(1)) == "changed: changed: its processes are suspended, and it has no code_change");
  Shapes before, after;
  before.records[Atom{"state"}] = {{2}, {2}, {2}};
  after.records[Atom{"state"}] = {{3}, {3}, {3}};
  after.passes_on = true;
  from.beams.at(server).shapes = std::optional(before);
  to.beams.at(server).shapes = std::optional(after);
  CHECK(
      describe(
          explain_modules(from, to,
                          {Suspend{{{server}}}, Load{server}, CodeChange{Direction::up, {{server, list()}}}})
              .at(3)) ==
      "server: changed: code_change/3 is called, and returns each state as it is, though record state has 1 "
      "field and gets 2");
}
