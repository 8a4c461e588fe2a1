// SPDX-License-Identifier: BSD-3-Clause
#include <algorithm>
#include <filesystem>
#include <string>
#include <vector>

#include <erlrc/beam/beam.hpp>
#include <erlrc/beam/shapes.hpp>

#include "catch.hpp"
#include "golden.hpp"
#include "paths.hpp"
#include "show_term.hpp"

// What the callbacks of a module test of their state, and which states those of another version do not take.

using namespace erlrc;

namespace {

using Kind = PartTest::Kind;

Shapes shapes_of(const std::string& release, const std::string& file) {
  const auto path =
      std::filesystem::path(test::in_source("tests/golden")) / "shapes" / release / (file + ".beam");
  const Beam beam = parse_beam(test::read_file(path), file);
  REQUIRE(beam.shapes);
  return *beam.shapes;
}

const Atom handle_call{"handle_call"}, handle_cast{"handle_cast"}, limit{"limit"}, n{"n"};
const PartTest is_map{{}, Kind::type, Atom{"is_map"}};
const PartTest is_state{{}, Kind::record, Atom{"state"}, 2};

PartTest key(const Atom& name) {
  return {{}, Kind::key, name};
}

// Paths of callbacks with these tests of the state, for the message n.
Shapes taking(const std::vector<PartTests>& states, const MapUse& maps = {}) {
  Shapes shapes{{}, std::nullopt, false, maps};
  for (const PartTests& state : states)
    shapes.callbacks.paths.insert({handle_call, 3, {{{std::uint32_t{0}}, Kind::equals, n}}, state});
  return shapes;
}

std::vector<UnfitState> unfit(const Shapes& from, const Shapes& to) {
  return unfit_shapes(from, to).states;
}

}  // namespace

TEST_CASE("the states that callbacks take are known by the paths through their code") {
  const std::string release = GENERATE("otp25", "otp27");
  CAPTURE(release);
  const Shapes one = shapes_of(release, "taking_1");
  const Shapes two = shapes_of(release, "taking_2");
  CHECK(one.callbacks.all);
  CHECK(!one.callbacks.escapes);
  CHECK(two.callbacks.all);
  CHECK(!two.callbacks.escapes);
  CHECK(std::ranges::any_of(two.callbacks.paths, [](const CallbackPath& path) {
    return path.function == handle_call && path.state == PartTests{is_map, key(n)};
  }));
  // maps:update_with/3 in another function.
  CHECK(unfit(one, two).size() == 3);
  CHECK(unfit(one, two)[0] == UnfitState{handle_call, 3, {is_state}, {{is_map, key(n)}}, {n}});
  CHECK(unfit(one, one).empty());
  CHECK(unfit(two, two).empty());
  CHECK(unfit_shapes(one, two).followed);
}

TEST_CASE("what functions match that only code_change calls is not what a version can have") {
  const std::string release = GENERATE("otp25", "otp27");
  const Shapes two = shapes_of(release, "taking_2");
  CHECK(!two.records.at(Atom{"state"}).known.contains(2));
}

TEST_CASE("a state that passes a path of the new code, or is one of its own, is not unfit") {
  const Shapes one = taking({{is_map}});
  const PartTests limited{is_map, key(limit)};
  CHECK(unfit(one, taking({limited})) ==
        std::vector{UnfitState{handle_call, 3, {is_map}, {limited}, {limit}}});
  CHECK(unfit(taking({limited}), one).empty());
  // Both outcomes of a test.
  PartTest without = key(limit);
  without.holds = false;
  CHECK(unfit(one, taking({limited, {is_map, without}})).empty());
  CHECK(unfit(one, taking({{}})).empty());
  // A map that the new code makes.
  const Shapes making = taking({limited}, {{}, {}, {{n}}});
  const PartTests made{key(n), {{}, Kind::map_size, {}, 1}};
  CHECK(unfit(one, making) == std::vector{UnfitState{handle_call, 3, {is_map}, {limited, made}, {limit}}});
  // A state of another message.
  Shapes another = taking({limited});
  another.callbacks.paths.insert({handle_cast, 2, {}, {is_state}});
  CHECK(unfit(taking({{is_state}}), another).empty());
  // A value of a field, as a mode.
  CHECK(unfit(taking({{is_state}}), taking({{is_state, {{std::uint32_t{2}}, Kind::equals, n}}})).empty());
  // A callback that is too long is not compared.
  CHECK(unfit(one, Shapes{}).empty());
  CHECK(unfit(Shapes{}, taking({limited})).empty());
}

TEST_CASE("a message of the new code alone needs the keys that its maps begin with") {
  Shapes one;
  one.callbacks.paths.insert({handle_call, 3, {}, {}});
  const PartTests limited{is_map, key(limit)};
  CHECK(unfit(one, taking({limited}, {{}, {}, {{n, limit}}})).size() == 1);
  CHECK(unfit(one, taking({limited})).empty());
  CHECK(unfit(one, taking({{is_state}})).size() == 1);
}

TEST_CASE("an unfit state is found by a guard") {
  const UnfitState state{handle_call, 3, {is_map}, {{is_map, key(limit)}}, {limit}};
  const Term is_map_2 = tuple(Atom{"is_map"}, Atom{"$2"});
  const Term has_limit =
      tuple(Atom{"andalso"}, is_map_2, tuple(Atom{"is_map_key"}, tuple(Atom{"const"}, limit), Atom{"$2"}));
  const Atom andalso{"andalso"}, yes{"true"};
  CHECK(state_guard(state) == tuple(andalso, tuple(andalso, yes, is_map_2),
                                    tuple(Atom{"not"}, tuple(andalso, yes, is_map_2, has_limit))));
}
