// SPDX-License-Identifier: BSD-3-Clause
#include <algorithm>
#include <set>

#include "upgrading.hpp"

using namespace erlrc;
using namespace erlrc::test;

TEST_CASE("the states that the new code cannot have are compared, of the modules that are loaded") {
  AppFiles from = earlier();
  AppFiles to = later();
  const Shapes two{{{Atom{"state"}, {{2}, {2}, {2}}}}, std::nullopt, false};
  Shapes three{{{Atom{"state"}, {{3}, {3}, {3}}}}, std::nullopt, false};
  from.beams.at(srv).shapes = std::optional(two);
  to.beams.at(srv).shapes = std::optional(three);
  const auto checks = [&](const Request::Change& change) {
    std::vector<CheckStates> found;
    const Plan plan = plan_of(plan_upgrade(change, running(change.from.vsn), Disk({from, to}).files(), {}));
    for (const Step& step : plan.steps)
      if (const auto* check = std::get_if<CheckStates>(&step)) found.push_back(*check);
    return found;
  };
  CHECK(checks(up) == std::vector{CheckStates{{{srv, {{{Atom{"state"}, 2, {3}}}, {}}}}, {srv}}});
  CHECK(checks(down) == std::vector{CheckStates{{{srv, {{{Atom{"state"}, 3, {2}}}, {}}}}, {srv}}});
  to.appup = shipped("{load_module, egerl_srv}");
  CHECK(checks(up) == std::vector{CheckStates{{{srv, {{{Atom{"state"}, 2, {3}}}, {}}}}, {}}});
  to.appup.reset();
  three.passes_on = true;
  to.beams.at(srv).shapes = std::optional(three);
  CHECK(checks(up).at(0).converted.empty());
  from.beams.at(srv).shapes = {};
  CHECK(checks(up).empty());
}

TEST_CASE("the node need not compute the md5 of files that were read from its own path") {
  AppFiles from = earlier();
  const auto md5 = [&from](const Atom& module) { return to_bytes(from.beams.at(module).md5); };
  const auto kept = [&] {
    return plan_of(plan_upgrade(up, running(), Disk({from, later()}).files(), {})).steps.at(2);
  };
  CHECK(kept() == Step(BackUpCode{ebin1, {lib, srv}, {}}));
  from.in_place = true;
  CHECK(kept() == Step(BackUpCode{ebin1, {lib, srv}, {{lib, md5(lib)}, {srv, md5(srv)}}}));
}

TEST_CASE("an upgrade without an appup suspends, switches and converts everything at once") {
  const Plan plan = plan_of(plan_upgrade(up, running(), Disk({earlier(), later()}).files(), {}));
  CHECK(plan.word == Word::upgraded);
  CHECK(plan.notes == std::vector<std::string>{"appup: made, because the package ships none"});
  CHECK(plan.steps == std::vector<Step>{
                          RequireLoaded{egerl, "4.0.1"},
                          ReadCode{ebin2, {lib, srv}, {{lib, srv}}},
                          BackUpCode{ebin1, {lib, srv}},
                          CheckOldCode{{lib, srv}},
                          CheckStranded{{egerl}, {lib, srv}, {srv}, {lib, srv}},
                          StayRunning{egerl},
                          PassPointOfNoReturn{},
                          ReplacePath{ebin1, ebin2},
                          ChangeApp{egerl, Atom{"earlier"}, Atom{"later"}},
                          SuspendProcesses{{egerl}, {{srv, {}}}, {Direction::up, {{srv, list()}}}},
                          SwitchModules{{lib, srv}},
                          ConvertProcesses{Direction::up, {{srv, list()}}},
                          ResumeProcesses{{srv}},
                          loaded({lib, srv}),
                          CallConfigChange{egerl},
                          PostPurge{{{lib, Purge::soft}, {srv, Purge::soft}}},
                      });
}

TEST_CASE("a downgrade converts before it loads, and passes the version to come") {
  AppFiles to = earlier();
  to.beams.at(srv).attributes = parse_term("[{vsn,[77]}]");
  const Plan plan = plan_of(plan_upgrade(down, running("4.1.0"), Disk({to, later()}).files(), {}));
  CHECK(plan.word == Word::downgraded);
  std::vector<Step> middle(plan.steps.begin() + 7, plan.steps.end() - 3);
  CHECK(middle == std::vector<Step>{
                      ReplacePath{ebin2, ebin1},
                      ChangeApp{egerl, Atom{"later"}, Atom{"earlier"}},
                      SuspendProcesses{{egerl}, {{srv, {}}}, {Direction::down, {{srv, list(), list({77})}}}},
                      ConvertProcesses{Direction::down, {{srv, list(), list({77})}}},
                      SwitchModules{{srv, lib}},
                      ResumeProcesses{{srv}},
                  });
}

TEST_CASE("where clients of a special process wait is known of both versions") {
  AppFiles from = earlier();
  AppFiles to = later();
  from.beams.at(srv).awaits = {{Atom{"await"}, 1}, {Atom{"flush"}, 0}};
  to.beams.at(srv).awaits = {{Atom{"await"}, 2}, {Atom{"flush"}, 0}};
  const Plan plan = plan_of(plan_upgrade(up, running(), Disk({from, to}).files(), {}));
  CHECK(plan.steps.at(4) ==
        Step(CheckStranded{{egerl},
                           {lib, srv},
                           {srv},
                           {lib, srv},
                           {},
                           {},
                           {{srv, {{Atom{"await"}, 1}, {Atom{"await"}, 2}, {Atom{"flush"}, 0}}}}}));
}

TEST_CASE("a module with on_load is not switched with the others") {
  AppFiles to = later();
  to.beams.at(lib).on_load = true;
  const Plan plan = plan_of(plan_upgrade(up, running(), Disk({earlier(), to}).files(), {}));
  CHECK(plan.steps.at(1) == Step(ReadCode{ebin2, {lib, srv}, {{srv}}}));
  CHECK(std::ranges::count(plan.steps, Step(LoadNew{lib})) == 1);
}

TEST_CASE("a module with on_load is loaded before the others that call its new functions") {
  AppFiles from = earlier(), to = later();
  to.beams.at(lib).on_load = true;
  const auto order = [&] {
    const Plan plan = plan_of(plan_upgrade(up, running(), Disk({from, to}).files(), {}));
    const auto at = [&](const Step& step) {
      return std::ranges::find(plan.steps, step) - plan.steps.begin();
    };
    return at(LoadNew{lib}) < at(SwitchModules{{srv}});
  };
  CHECK_FALSE(order());
  to.beams.at(srv).imports.push_back({lib, {Atom{"more"}, 1}});
  to.beams.at(lib).exports.push_back({Atom{"more"}, 1});
  CHECK(order());
  SECTION("but not if it calls theirs, too") {
    to.beams.at(lib).imports.push_back({srv, {Atom{"as_well"}, 0}});
    CHECK_FALSE(order());
  }
  SECTION("but not for functions that it had") {
    from.beams.at(lib).exports.push_back({Atom{"more"}, 1});
    CHECK_FALSE(order());
  }
}

TEST_CASE("applications that become included stop, those no longer included start if they should run") {
  AppFiles from = earlier();
  from.spec.included_applications = {Atom{"old"}, Atom{"unwanted"}};
  AppFiles to = later();
  to.spec.included_applications = {inner, Atom{"unknown"}};
  NodeState node = running();
  run(node, "inner", "1");
  const Plan plan = plan_of(plan_upgrade(up, node, Disk({from, to}).files(), {Atom{"old"}}));
  CHECK(plan.steps.at(6) == Step(StopApp{inner}));
  CHECK(plan.steps.at(7) == Step(LoadApp{Atom{"unknown"}, Atom{"unknown"}}));
  CHECK(plan.steps.at(plan.steps.size() - 2) == Step(StartApp{Atom{"old"}}));
  CHECK(std::ranges::count(plan.steps, Step(StartApp{Atom{"unwanted"}})) == 0);
}

TEST_CASE("processes of an included application are searched in the tree of the including one") {
  NodeState node;
  run(node, "top", "1", {egerl});
  load(node, "egerl", "4.0.1");
  const Plan plan = plan_of(plan_upgrade(up, node, Disk({earlier(), later()}).files(), {}));
  CHECK(std::ranges::count(
            plan.steps,
            Step(SuspendProcesses{{Atom{"top"}}, {{srv, {}}}, {Direction::up, {{srv, list()}}}})) == 1);
}

TEST_CASE("an application that runs in the new version needs nothing and reads no file") {
  CHECK(plan_upgrade(up, running("4.1.0"), no_disk(), {}) == Decision(Plan{Word::already_running}));
}

TEST_CASE("a third version is not upgraded") {
  CHECK(plan_upgrade(up, running("3.9"), no_disk(), {}) ==
        Decision(Refusal{Refusal::Reason::other_version, "version 3.9 of egerl runs, not 4.0.1 or 4.1.0"}));
}

TEST_CASE("a version whose directory is gone cannot be upgraded while it runs") {
  const Request::Change change{Direction::up, {"4.0.1", ebin1}, {"4.1.0", ebin2}};
  const Decision decision = plan_upgrade(change, running(), Disk({later()}).files(), {});
  CHECK(decision == Decision(Refusal{Refusal::Reason::files_gone,
                                     "egerl 4.0.1 runs, but its directory " + ebin1 + " does not exist"}));
}

TEST_CASE("an installed application that does not run is replaced and started") {
  NodeState node;
  load(node, "egerl", "4.0.1");
  AppFiles from = earlier();
  from.spec.modules.push_back(Atom{"egerl_gone"});
  const Plan plan = plan_of(plan_upgrade(up, node, Disk({from, later()}).files(), {}));
  CHECK(plan.word == Word::upgraded);
  CHECK(plan.steps.at(2) == Step(ReplacePath{ebin1, ebin2}));
  CHECK(plan.steps.at(plan.steps.size() - 2) == Step(StartApp{egerl}));
  CHECK(plan.steps.back() == Step(UnloadModules{egerl, {Atom{"egerl_gone"}}}));
}

TEST_CASE("an application that does not run and was never installed is started") {
  CHECK(plan_of(plan_upgrade(up, {}, Disk({later()}).files(), {})).word == Word::started);
}

TEST_CASE(
    "code that is read from a backup or from staged files is known as if it came from its own directory") {
  const auto backup = Location::backed_up("/final", "/elsewhere");
  const auto staged = Location::staged("/final", "/elsewhere");
  const auto [location, in_path] =
      GENERATE_COPY(table<Location, std::string>({{backup, "/final"}, {staged, "/elsewhere"}}));
  AppFiles to = later();
  to.location = location;
  const Plan plan = plan_of(plan_upgrade(up, running(), Disk({earlier(), to}).files(), {}));
  CHECK(plan.steps.at(1) == Step(ReadCode{location, {lib, srv}, {{lib, srv}}}));
  CHECK(std::ranges::count(plan.steps, Step(ReplacePath{ebin1, in_path})) == 1);
  const Plan begun = plan_of(plan_start(egerl, {"4.1.0"}, {}, Disk({to}).files()));
  CHECK(std::ranges::count(begun.steps, Step(AddPath{in_path})) == 1);
  const auto is_load = [](const Step& step) { return std::holds_alternative<LoadModules>(step); };
  const auto load = std::ranges::find_if(begun.steps, is_load);
  REQUIRE(load != begun.steps.end());
  CHECK(std::get<LoadModules>(*load).location == location);
}

TEST_CASE("the same version with the same code needs nothing") {
  NodeState node = running();
  for (const auto& [module, beam] : earlier().beams)
    node.code[module] = to_bytes(beam.md5);
  const Request::Change again{Direction::up, {"4.0.1", {}}, {"4.0.1", {}}};
  CHECK(plan_upgrade(again, node, Disk({earlier()}).files(), {}) == Decision(Plan{Word::already_running}));
}

TEST_CASE("the same version with other code changes only the modules that differ") {
  NodeState node = running();
  node.code[lib] = to_bytes(earlier().beams.at(lib).md5);
  node.code[srv] = Bytes(16, 'x');
  node.code[Atom{"egerl_gone"}] = Bytes(16, 'y');
  const Request::Change again{Direction::up, {"4.0.1", {}}, {"4.0.1", {}}};
  const Plan plan = plan_of(plan_upgrade(again, node, Disk({earlier()}).files(), {}));
  CHECK(plan.notes == std::vector<std::string>{"same version, other code"});
  CHECK(plan.steps.at(2) == Step(BackUpCode{ebin1, {srv, Atom{"egerl_gone"}}}));
  CHECK(plan.steps.at(1) == Step(ReadCode{ebin1, {srv}, {{srv}}}));
  CHECK(std::ranges::count(plan.steps, Step(RemoveModule{egerl, Atom{"egerl_gone"}})) == 1);
}

TEST_CASE("the same version, built again, is compared with the files that it has replaced") {
  const auto staged = Location::staged(ebin1, "/staged");
  const Request::Change again{Direction::up, {"4.0.1", earlier().location}, {"4.0.1", staged}};
  const Shapes two{{{Atom{"state"}, {{2}, {2}, {2}}}}, std::nullopt, false};
  const Shapes three{{{Atom{"state"}, {{3}, {3}, {3}}}}, std::nullopt, false};
  AppFiles from = earlier(), to = earlier();
  from.beams.at(srv).shapes = std::optional(two);
  to.beams.at(srv) = later().beams.at(srv);
  to.beams.at(srv).shapes = std::optional(three);
  to.location = staged;
  to.spec.modules.push_back(Atom{"egerl_new"});
  to.beams[Atom{"egerl_new"}].module = Atom{"egerl_new"};
  NodeState node = running();
  for (const auto& [module, beam] : from.beams)
    node.code[module] = to_bytes(beam.md5);
  bool is_there = true;
  const auto get = [&](const Version& version) -> const AppFiles& {
    return version.location == staged ? to : from;
  };
  const Files files{get, get, [&](const Version&) { return is_there; }};
  const auto checks_states = [](const Step& step) { return std::holds_alternative<CheckStates>(step); };
  const Plan plan = plan_of(plan_upgrade(again, node, files, {}));
  CHECK(std::ranges::any_of(plan.steps, checks_states));
  const auto* read = std::get_if<ReadCode>(&plan.steps.at(1));
  REQUIRE(read != nullptr);
  CHECK(read->location == staged);
  CHECK(std::set(read->modules.begin(), read->modules.end()) == std::set{srv, Atom{"egerl_new"}});
  CHECK(plan.remarks.empty());
  SECTION("and what is not that code is unknown") {
    node.code[srv] = Bytes(16, 'x');
  }
  SECTION("as without them") {
    is_there = false;
  }
  const Plan guessed = plan_of(plan_upgrade(again, node, files, {}));
  CHECK(std::ranges::none_of(guessed.steps, checks_states));
  CHECK(guessed.remarks == std::vector<std::string>{
                               "the files of the code that runs are gone: states are not compared with it"});
}

TEST_CASE("modules that change and hide the definitions of their records are named in one note") {
  AppFiles from = earlier();
  AppFiles to = later();
  const auto is_noted = [&] {
    const Plan plan = plan_of(plan_upgrade(up, running(), Disk({from, to}).files(), {}));
    return std::ranges::find(plan.notes,
                             "the fields of records are not compared, without debug information, of modules "
                             "egerl_lib, egerl_srv") != plan.notes.end();
  };
  CHECK(!is_noted());
  from.beams.at(srv).hides_records = true;
  to.beams.at(lib).hides_records = true;
  CHECK(is_noted());
  // Code that stays keeps its records.
  to.beams.at(srv) = from.beams.at(srv);
  to.beams.at(lib) = from.beams.at(lib);
  CHECK(!is_noted());
}

TEST_CASE("supervisors of a running application that depends on this one may ask what changes") {
  const auto notes_children = [](const Step& step) { return std::holds_alternative<NoteChildren>(step); };
  NodeState node = running();
  const auto plan = [&] { return plan_of(plan_upgrade(up, node, Disk({earlier(), later()}).files(), {})); };
  run(node, "other", "1.0");
  CHECK(std::ranges::none_of(plan().steps, notes_children));
  node.loaded.at(Atom{"other"}).applications = {egerl};
  CHECK(std::ranges::any_of(plan().steps, notes_children));
}

TEST_CASE(
    "a change that would lose the NIFs of a module is refused, unless the script calls a function of it") {
  AppFiles to = later();
  to.beams.at(lib).nif = true;
  CHECK(plan_upgrade(up, running(), Disk({earlier(), to}).files(), {}) ==
        Decision(Refusal{Refusal::Reason::loses_nifs,
                         "changed modules with NIFs and without on_load, which would lose them: egerl_lib"}));
  to.appup = shipped("{load_module,egerl_lib},{apply,{egerl_sup,sup_upgrade_notify,[\"4.0.1\",\"4.1.0\"]}}");
  CHECK(std::holds_alternative<Refusal>(plan_upgrade(up, running(), Disk({earlier(), to}).files(), {})));
  to.appup = shipped("{load_module,egerl_lib},{apply,{egerl_lib,init,[]}}");
  CHECK(std::holds_alternative<Plan>(plan_upgrade(up, running(), Disk({earlier(), to}).files(), {})));
  to.appup.reset();
  to.beams.at(lib).on_load = true;
  CHECK(std::holds_alternative<Plan>(plan_upgrade(up, running(), Disk({earlier(), to}).files(), {})));
}
