// SPDX-License-Identifier: BSD-3-Clause
#include "planning.hpp"

using namespace erlrc;
using namespace erlrc::test;

namespace {

const Atom egerl{"egerl"};
const Version start{"4.0.1", {}};

AppFiles version() {
  AppFiles made = files("4.0.1", {module("egerl_app")});
  made.spec.included_applications = {Atom{"inner"}, Atom{"other"}};
  made.spec.term = Atom{"spec"};
  return made;
}

LoadModules all_modules() {
  const AppFiles made = version();
  return {made.location, {{Atom{"egerl_app"}, to_bytes(made.beams.at(Atom{"egerl_app"}).md5)}}};
}

Plan started(Word word, std::vector<Step> last) {
  Plan plan{
      word,
      {RequireNotRunning{egerl}, BackUpReplaced{all_modules().location.read_from, all_modules().modules},
       AddPath{"/lib/egerl-4.0.1/ebin"}, LoadApp{egerl, Atom{"spec"}}, RequireLoaded{egerl, "4.0.1"},
       all_modules()},
      {}};
  std::ranges::move(last, std::back_inserter(plan.steps));
  return plan;
}

Decision plan_start(const Version& version, const NodeState& node, const Files& files) {
  return erlrc::plan_start(egerl, version, node, files);
}

}  // namespace

TEST_CASE("starting an application that runs already reads no file and does nothing") {
  NodeState node;
  CHECK(plan_start(start, run(node, "egerl", "4.0.1"), no_disk()) == Decision(Plan{Word::already_running}));
}

TEST_CASE("starting an application that runs in another version is refused") {
  NodeState node;
  CHECK(plan_start(start, run(node, "egerl", "3.9"), no_disk()) ==
        Decision(Refusal{Refusal::Reason::other_version,
                         "version 3.9 of egerl runs, not 4.0.1 (use erlrc-upgrade)"}));
}

TEST_CASE("a simple application is loaded and started") {
  CHECK(plan_start(start, {}, Disk({version()}).files()) ==
        Decision(started(Word::started, {StartApp{egerl}})));
}

TEST_CASE("code that runs when it is loaded is loaded after the other modules of the application") {
  AppFiles made = files("4.0.1", {module("egerl_a"), module("egerl_app"), module("egerl_b")});
  made.beams.at(Atom{"egerl_a"}).on_load = true;
  const Plan plan = std::get<Plan>(plan_start(start, {}, Disk({made}).files()));
  std::vector<Atom> order;
  for (const Step& step : plan.steps)
    if (const auto* load = std::get_if<LoadModules>(&step))
      for (const LoadModules::Item& item : load->modules)
        order.push_back(item.module);
  CHECK(order == std::vector{Atom{"egerl_app"}, Atom{"egerl_b"}, Atom{"egerl_a"}});
}

TEST_CASE("starting an application stops the ones it includes") {
  NodeState node;
  run(node, "other", "1");
  CHECK(plan_start(start, node, Disk({version()}).files()) ==
        Decision(started(Word::started_included_stopped, {StopApp{Atom{"other"}}, StartApp{egerl}})));
}

TEST_CASE("an application that a running one includes is loaded and not started") {
  NodeState node;
  run(node, "top", "1", {Atom{"middle"}});
  load(node, "middle", "1", {egerl});
  CHECK(plan_start(start, node, Disk({version()}).files()) == Decision(started(Word::included, {})));
}

TEST_CASE("an application that is already loaded and included is skipped") {
  NodeState node;
  run(node, "top", "1", {egerl});
  load(node, "egerl", "4.0.1");
  CHECK(plan_start(start, node, no_disk()) == Decision(Plan{Word::included}));
}

TEST_CASE("another version that is only loaded is unloaded first, but not its loaded included applications") {
  NodeState node;
  load(node, "egerl", "3.9", {Atom{"inner"}, Atom{"gone"}});
  load(node, "inner", "1");
  const Decision decision = plan_start(start, node, Disk({version()}).files());
  REQUIRE(std::holds_alternative<Plan>(decision));
  CHECK(std::get<Plan>(decision).steps.at(3) == Step(UnloadApp{egerl, {Atom{"inner"}}}));
}

TEST_CASE("an application that is already being started is refused") {
  NodeState node;
  node.starting.insert(egerl);
  CHECK(plan_start(start, node, no_disk()) ==
        Decision(Refusal{Refusal::Reason::starting, "egerl is already being started"}));
}

TEST_CASE(
    "a dependency on an application that runs inside another one is a dependency on that one, as in a boot") {
  NodeState node;
  run(node, "bar", "1", {Atom{"middle"}});
  load(node, "middle", "1", {Atom{"foo"}});
  run(node, "alone", "1");
  AppFiles made = version();
  made.spec.applications = {Atom{"foo"}, Atom{"alone"}};
  made.spec.term =
      tuple(Atom{"application"}, egerl, list({tuple(Atom{"applications"}, atoms(made.spec.applications))}));
  const Decision decision = plan_start(start, node, Disk({made}).files());
  REQUIRE(std::holds_alternative<Plan>(decision));
  CHECK(
      std::get<Plan>(decision).steps.at(3) ==
      Step(LoadApp{egerl, tuple(Atom{"application"}, egerl,
                                list({tuple(Atom{"applications"}, atoms({Atom{"bar"}, Atom{"alone"}}))}))}));
}

TEST_CASE("an application that depends on one that it includes is refused, as in a boot") {
  AppFiles made = version();
  made.spec.applications = {Atom{"other"}};
  CHECK(plan_start(start, {}, Disk({made}).files()) ==
        Decision(
            Refusal{Refusal::Reason::depends_on_included, "egerl depends on other, which egerl includes"}));
}

TEST_CASE("an application that includes one that runs inside another is refused, as in a boot") {
  NodeState node;
  run(node, "bar", "1", {Atom{"middle"}});
  load(node, "middle", "1", {Atom{"other"}});
  CHECK(plan_start(start, node, Disk({version()}).files()) ==
        Decision(Refusal{Refusal::Reason::would_run_twice,
                         "bar runs and includes other, and so would egerl: bar must be upgraded first"}));
}

TEST_CASE("dependencies that do not run are started first, as in a boot") {
  NodeState node;
  run(node, "bar", "1", {Atom{"foo"}});
  run(node, "alone", "1");
  AppFiles made = version();
  made.spec.applications = {Atom{"kernel"}, Atom{"stdlib"}, Atom{"foo"}, Atom{"alone"}, Atom{"crypto"}};
  made.spec.term = tuple(Atom{"application"}, egerl, list());
  const Decision decision = plan_start(start, node, Disk({made}).files());
  REQUIRE(std::holds_alternative<Plan>(decision));
  const auto& steps = std::get<Plan>(decision).steps;
  CHECK(std::vector<Step>(steps.end() - 2, steps.end()) ==
        std::vector<Step>{StartNeeded{egerl, {Atom{"crypto"}}}, StartApp{egerl}});
}
