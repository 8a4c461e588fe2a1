// SPDX-License-Identifier: BSD-3-Clause
#include "planning.hpp"

using namespace erlrc;
using namespace erlrc::test;

namespace {

const Atom egerl{"egerl"};
const Atom inner{"inner"};

Request::Stop stop(bool unload) {
  return {{"4.0.1", "/lib/egerl-4.0.1/ebin"}, unload};
}

NodeState with_code(NodeState node) {
  node.code = {{Atom{"egerl_app"}, Bytes(16, 'a')}, {Atom{"egerl_srv"}, Bytes(16, 's')}};
  return node;
}

// The path goes first: whatever still calls a module would load it again.
const std::vector<Step> unloading{RemovePath{"/lib/egerl-4.0.1/ebin"},
                                  UnloadModules{egerl, {Atom{"egerl_app"}, Atom{"egerl_srv"}}},
                                  UnloadApp{egerl, {}}};

Decision plan_stop(const Request::Stop& stop, const NodeState& node, const Desired& desired) {
  return erlrc::plan_stop(egerl, stop, node, desired);
}

}  // namespace

TEST_CASE("stopping an application that is not loaded does nothing") {
  CHECK(plan_stop(stop(false), {}, {}) == Decision(Plan{Word::not_running}));
  CHECK(plan_stop(stop(true), {}, {}) == Decision(Plan{Word::unloaded}));
}

TEST_CASE("stopping without unloading keeps everything loaded") {
  NodeState node;
  CHECK(plan_stop(stop(false), run(node, "egerl", "4.0.1"), {}) ==
        Decision(Plan{Word::stopped, {RequireLoaded{egerl, "4.0.1"}, StopApp{egerl}}, {}}));
}

TEST_CASE("stopping unloads modules and specification, and removes the path") {
  NodeState node;
  Plan plan{Word::unloaded, {RequireLoaded{egerl, "4.0.1"}, StopApp{egerl}}, {}};
  plan.steps.insert(plan.steps.end(), unloading.begin(), unloading.end());
  CHECK(plan_stop(stop(true), with_code(run(node, "egerl", "4.0.1")), {}) == Decision(plan));
}

TEST_CASE("a loaded application that does not run is unloaded") {
  NodeState node;
  CHECK(plan_stop(stop(true), with_code(load(node, "egerl", "4.0.1")), {}) ==
        Decision(Plan{Word::unloaded, unloading, {}}));
}

TEST_CASE("an included application that should run is started after the including one, and stays loaded") {
  NodeState node;
  run(node, "egerl", "4.0.1", {inner});
  load(node, "inner", "1");
  const Plan stopped{
      Word::stopped_included_started, {RequireLoaded{egerl, "4.0.1"}, StopApp{egerl}, StartApp{inner}}, {}};
  CHECK(plan_stop(stop(false), node, {inner}) == Decision(stopped));
  Plan unloaded = stopped;
  unloaded.word = Word::unloaded;
  unloaded.steps.insert(unloaded.steps.end(), unloading.begin(), unloading.end());
  unloaded.steps.back() = UnloadApp{egerl, {inner}};
  CHECK(plan_stop(stop(true), with_code(node), {inner}) == Decision(unloaded));
}

TEST_CASE("an included application that should not run is neither started nor kept") {
  NodeState node;
  run(node, "egerl", "4.0.1", {inner});
  CHECK(plan_stop(stop(false), node, {}) ==
        Decision(Plan{Word::stopped, {RequireLoaded{egerl, "4.0.1"}, StopApp{egerl}}, {}}));
}

TEST_CASE("an included application that runs by itself is not unloaded, otherwise the node would stop") {
  NodeState node;
  load(node, "egerl", "4.0.1", {inner});
  run(node, "inner", "1");
  const Decision decision = plan_stop(stop(true), with_code(node), {});
  REQUIRE(std::holds_alternative<Plan>(decision));
  CHECK(std::get<Plan>(decision).steps.back() == Step(UnloadApp{egerl, {inner}}));
}

TEST_CASE("another version is not stopped") {
  NodeState node;
  CHECK(plan_stop(stop(true), run(node, "egerl", "4.1.0"), {}) ==
        Decision(Refusal{Refusal::Reason::other_version, "version 4.1.0 of egerl runs, not 4.0.1"}));
  node.running.clear();
  CHECK(plan_stop(stop(true), node, {}) == Decision(Refusal{Refusal::Reason::other_version_loaded,
                                                            "version 4.1.0 of egerl is loaded, not 4.0.1"}));
}

TEST_CASE("an application that a running one includes is not unloaded") {
  NodeState node;
  run(node, "top", "1", {egerl});
  load(node, "egerl", "4.0.1");
  CHECK(plan_stop(stop(true), node, {}) ==
        Decision(Refusal{Refusal::Reason::runs_included, "top runs and includes egerl"}));
}
