// SPDX-License-Identifier: BSD-3-Clause
#include "planning.hpp"

// What else than code a module has: a NIF library, a file that it looks for.

using namespace erlrc;
using namespace erlrc::test;

namespace {

const Atom egerl{"egerl"};
const Atom srv{"egerl_srv"};
const Atom lib{"egerl_lib"};
const Request::Change up{Direction::up, {"4.0.1", {}}, {"4.1.0", {}}};
const Request::Change again{Direction::up, {"4.0.1", {}}, {"4.0.1", {}}};
const std::string ebin2 = "/lib/egerl-4.1.0/ebin";

AppFiles version(const std::string& vsn) {
  return files(vsn, {module("egerl_srv").differing(vsn), module("egerl_lib").differing(vsn)});
}

AppFiles earlier() {
  return version("4.0.1");
}

AppFiles later() {
  return version("4.1.0");
}

NodeState running() {
  NodeState node;
  return run(node, "egerl", "4.0.1");
}

}  // namespace

TEST_CASE(
    "modules with NIFs are checked by what becomes of them, and loaded again if only a library differs") {
  const Atom late{"late"}, same{"same"};
  const auto version = [&](AppFiles made, const std::string& library) {
    for (const Module& more : {module("late").nif(false), module("same").nif(true)}) {
      made.spec.modules.push_back(more.beam.module);
      made.beams.emplace(more.beam.module, more.beam);
    }
    made.beams.at(lib).nif = made.beams.at(lib).on_load = true;
    made.libraries = {{"lib.so", md5(library)}};
    return made;
  };
  const auto has = [](const Plan& plan, const Step& step) {
    return std::ranges::find(plan.steps, step) != plan.steps.end();
  };
  const AppFiles from = version(earlier(), "one");
  const Plan changed =
      plan_of(plan_upgrade(egerl, up, running(), Disk({from, version(later(), "two")}).files(), {}));
  CHECK(has(changed, CheckLibraries{ebin2, {lib}, {same}, {late}}));
  CHECK(has(changed, PinLibraries{{same, lib}}));
  CHECK(has(changed, LoadNew{same, true}));
  CHECK(has(changed, LoadNew{lib}));
  CHECK(has(changed, CheckNifs{}));
  const Plan equal =
      plan_of(plan_upgrade(egerl, up, running(), Disk({from, version(later(), "one")}).files(), {}));
  CHECK(has(equal, CheckLibraries{ebin2, {lib}, {}, {}}));
  CHECK(!has(equal, LoadNew{same, true}));
}

TEST_CASE("the same version with another library than the one in memory loads its modules again") {
  AppFiles files = earlier();
  files.beams.at(lib).nif = files.beams.at(lib).on_load = true;
  files.libraries = {{"lib/egerl.so", md5("new")}};
  NodeState node = running();
  for (const auto& [module, beam] : files.beams)
    node.code[module] = to_bytes(beam.md5);
  const auto loads = [&](std::vector<std::string> mapped) {
    node.libraries = std::move(mapped);
    const Plan plan = plan_of(plan_upgrade(egerl, again, node, Disk({files}).files(), {}));
    return std::ranges::count(plan.steps, Step(LoadNew{lib, true})) == 1;
  };
  const std::string file = "/lib/egerl-4.0.1/priv/lib/egerl.so";
  CHECK_FALSE(loads({}));
  CHECK_FALSE(loads({file}));
  CHECK_FALSE(loads({file, file + " (deleted)"}));
  CHECK(loads({file + " (deleted)"}));
  CHECK(loads({file + ".dpkg-tmp"}));
  CHECK(loads({"/staged" + file + ".dpkg-tmp (deleted)"}));
  CHECK_FALSE(loads({"/lib/other-1/priv/lib/other.so (deleted)"}));
}

TEST_CASE("the same version leaves code that the application made while it ran") {
  NodeState node = running();
  for (const auto& [module, beam] : earlier().beams)
    node.code[module] = to_bytes(beam.md5);
  node.code[lib] = Bytes(16, 'x');
  node.code[Atom{"egerl_made"}] = Bytes(16, 'y');
  node.generated = {lib, Atom{"egerl_made"}};
  CHECK(plan_upgrade(egerl, again, node, Disk({earlier()}).files(), {}) ==
        Decision(Plan{Word::already_running}));
}

TEST_CASE("a module that stays and looks for its own file is loaded from the new directory") {
  const auto version = [](AppFiles made) {
    const Module asks = module("egerl_asks").calling("code:which/1");
    made.spec.modules.push_back(asks.beam.module);
    made.beams.emplace(asks.beam.module, asks.beam);
    return made;
  };
  const Atom asks{"egerl_asks"};
  const Plan plan =
      plan_of(plan_upgrade(egerl, up, running(), Disk({version(earlier()), version(later())}).files(), {}));
  CHECK(std::ranges::count(plan.steps, Step(MoveModules{ebin2, {asks}})) == 1);
  CHECK(plan.steps.back() == Step(PostPurge{{{asks}, {lib}, {srv}}}));
}
