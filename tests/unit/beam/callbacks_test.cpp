// SPDX-License-Identifier: BSD-3-Clause
#include <algorithm>
#include <filesystem>
#include <set>
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

Beam beam_of(const std::string& release, const std::string& file) {
  const auto path =
      std::filesystem::path(test::in_source("tests/golden")) / "shapes" / release / (file + ".beam");
  Beam beam = parse_beam(test::read_file(path), file);
  REQUIRE(beam.shapes());
  return beam;
}

const Atom handle_call{"handle_call"}, handle_cast{"handle_cast"}, limit{"limit"}, n{"n"};
const PartTest is_map{{}, Kind::type, Atom{"is_map"}};
const PartTest is_state{{}, Kind::record, Atom{"state"}, 2};

PartTest key(const Atom& name) {
  return {{}, Kind::key, name};
}

// Paths of callbacks with these tests of the state, for the message n.
Callbacks taking(const std::vector<PartTests>& states) {
  Callbacks callbacks;
  for (const PartTests& state : states)
    callbacks.paths.insert({handle_call, 3, {{{std::uint32_t{0}}, Kind::equals, n}}, state});
  return callbacks;
}

std::vector<UnfitState> unfit(const Callbacks& from, const Callbacks& to,
                              const std::set<std::set<Atom>>& made = {}) {
  return unfit_states(from, to, {{}, {}, made});
}

}  // namespace

TEST_CASE("the states that callbacks take are known by the paths through their code") {
  const std::string release = GENERATE("otp25", "otp27");
  CAPTURE(release);
  const Beam one = beam_of(release, "taking_1"), two = beam_of(release, "taking_2");
  const Callbacks before = one.callbacks(), after = two.callbacks();
  CHECK(before.all);
  CHECK(!before.escapes);
  CHECK(after.all);
  CHECK(!after.escapes);
  CHECK(std::ranges::any_of(after.paths, [](const CallbackPath& path) {
    return path.function == handle_call && path.state == PartTests{is_map, key(n)};
  }));
  // maps:update_with/3 in another function.
  CHECK(unfit_shapes(one, two).states.size() == 3);
  CHECK(unfit_shapes(one, two).states[0] == UnfitState{handle_call, 3, {is_state}, {{is_map, key(n)}}, {n}});
  CHECK(unfit_shapes(one, one).empty());
  CHECK(unfit_shapes(two, two).empty());
  CHECK(unfit_shapes(one, two).followed);
}

TEST_CASE("the maps of a module whose state is followed everywhere show nothing about it") {
  const std::string release = GENERATE("otp25", "otp27");
  const Beam one = beam_of(release, "mapping_1"), two = beam_of(release, "mapping_2");
  CHECK(unfit_shapes(one, two).followed);
  CHECK(describe(unfit_shapes(one, two)).empty());
  CHECK(unfit_shapes(two, one) == Unfit{});
}

TEST_CASE("a state may be without what the new code has only at times") {
  const std::string release = GENERATE("otp25", "otp27");
  const Beam one = beam_of(release, "moded_1"), two = beam_of(release, "moded_2");
  // A function that walks through a long term is followed to its end.
  CHECK(one.callbacks().all);
  CHECK(two.callbacks().all);
  // A list is empty; a callback throws its answer.
  CHECK(unfit_shapes(one, two).states.empty());
  CHECK(unfit_shapes(two, one).states.empty());
}

TEST_CASE("what functions match that only code_change calls is not what a version can have") {
  const std::string release = GENERATE("otp25", "otp27");
  const Beam two = beam_of(release, "taking_2");
  CHECK(!two.shapes()->records.at(Atom{"state"}).known.contains(2));
}

TEST_CASE("a state that passes a path of the new code, or is one of its own, is not unfit") {
  const Callbacks one = taking({{is_map}});
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
  const PartTests made{key(n), {{}, Kind::map_size, {}, 1}};
  CHECK(unfit(one, taking({limited}), {{n}}) ==
        std::vector{UnfitState{handle_call, 3, {is_map}, {limited, made}, {limit}}});
  // A state of another message.
  Callbacks another = taking({limited});
  another.paths.insert({handle_cast, 2, {}, {is_state}});
  CHECK(unfit(taking({{is_state}}), another).empty());
  // A value of a field, as a mode.
  CHECK(unfit(taking({{is_state}}), taking({{is_state, {{std::uint32_t{2}}, Kind::equals, n}}})).empty());
  // A callback that is too long is not compared.
  CHECK(unfit(one, {}).empty());
  CHECK(unfit({}, taking({limited})).empty());
}

TEST_CASE("the compiler tests a record by one instruction or by several") {
  const PartTests apart{{{}, Kind::type, Atom{"is_tuple"}},
                        {{}, Kind::arity, {}, 2},
                        {{std::uint32_t{1}}, Kind::equals, Atom{"state"}}};
  CHECK(unfit(taking({apart}), taking({{is_state}})).empty());
  CHECK(unfit(taking({{is_state}}), taking({apart})).empty());
  const PartTests other{{{}, Kind::record, Atom{"state"}, 3}};
  CHECK(unfit(taking({other}), taking({apart})).size() == 1);
  // A state of another message.
  Callbacks another = taking({other});
  another.paths.insert({handle_cast, 2, {}, apart});
  CHECK(unfit(taking({{is_state}}), another).empty());
}

TEST_CASE("a message of the new code alone needs the keys that its maps begin with") {
  Callbacks one;
  one.paths.insert({handle_call, 3, {}, {}});
  const PartTests limited{is_map, key(limit)};
  CHECK(unfit(one, taking({limited}), {{n, limit}}).size() == 1);
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
