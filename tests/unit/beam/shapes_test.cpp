// SPDX-License-Identifier: BSD-3-Clause
#include <erlrc/beam/shapes.hpp>

#include <filesystem>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include <erlrc/beam/beam.hpp>

#include "catch.hpp"
#include "golden.hpp"
#include "paths.hpp"

using namespace erlrc;

namespace {

Shapes shapes_of(const std::string& release, const std::string& file) {
  const auto path =
      std::filesystem::path(test::in_source("tests/golden")) / "shapes" / release / (file + ".beam");
  const Beam beam = parse_beam(test::read_file(path), file);
  REQUIRE(beam.shapes());
  return *beam.shapes();
}

const Atom state{"state"}, more{"more"};
const Atom asked{"asked"}, found{"found"}, jobs{"jobs"}, late{"late"}, limit{"limit"}, n{"n"}, tried{"tried"},
    unit{"unit"};

}  // namespace

TEST_CASE("the states that another version cannot have are known by the code, without debug information") {
  const std::string release = GENERATE("otp25", "otp27");
  const std::string name = GENERATE("holder_", "stripped_");
  CAPTURE(release, name);
  const Shapes one = shapes_of(release, name + "1");
  const Shapes two = shapes_of(release, name + "2");
  CHECK(unfit_shapes(one, two).records == std::vector<UnfitRecord>{{state, 3, {4}}});
  CHECK(unfit_shapes(one, two).keys == std::vector{more});
  // The job of version 2 has a size that version 1 tests, apart from its name.
  CHECK(unfit_shapes(two, one).records == std::vector<UnfitRecord>{{state, 4, {3}}});
  CHECK(unfit_shapes(two, one).keys.empty());
  CHECK(unfit_shapes(one, one) == Unfit{});
}

TEST_CASE("what only code_change matches is not what a version can have") {
  const Shapes two = shapes_of("otp25", "holder_2");
  const RecordUse& use = two.records.at(state);
  CHECK(use.made == std::set<std::uint32_t>{3, 4});
  CHECK(use.matched == std::set<std::uint32_t>{4});
  CHECK(!use.known.contains(3));
}

TEST_CASE("a record that the other version matches nowhere is not compared") {
  const Shapes one{{{state, {{2}, {2}, {2}}}}, std::nullopt, false};
  CHECK(unfit_shapes(one, Shapes{{{state, {{}, {3}, {3}}}}, std::nullopt, false}) == Unfit{});
  CHECK(unfit_shapes(one, Shapes{}) == Unfit{});
  CHECK(unfit_shapes(one, Shapes{{{state, {{3}, {3}, {3}}}}, std::nullopt, false}) ==
        Unfit{{{state, 2, {3}}}, {}});
  CHECK(unfit_shapes(one, Shapes{{{state, {{3}, {2, 3}, {3}}}}, std::nullopt, false}) == Unfit{});
}

TEST_CASE("the keys that a map needs are known by the code") {
  const std::string release = GENERATE("otp25", "otp27");
  CAPTURE(release);
  const Shapes one = shapes_of(release, "mapping_1");
  const Shapes two = shapes_of(release, "mapping_2");
  CHECK(one.maps == MapUse{{jobs, n}, {}, {{jobs, n}}});
  CHECK(two.maps.needed == std::set<Atom>{asked, jobs, late, limit, n, unit});
  CHECK(two.maps.optional == std::set<Atom>{found, late, tried});
  CHECK(unfit_shapes(two, one) == Unfit{});
  const std::vector<Atom> both{jobs, n};
  CHECK(unfit_shapes(one, two) == Unfit{{}, {}, {{asked, both}, {limit, both}, {unit, both}}});
}

TEST_CASE("a map that the earlier version does not make is not compared") {
  const auto shapes = [](MapUse use) { return Shapes{{}, std::nullopt, false, std::move(use)}; };
  CHECK(unfit_shapes(shapes({{}, {}, {{n}}}), shapes({{limit}, {}, {{n, limit}}})) == Unfit{});
  const Shapes two = shapes({{limit}, {}, {{n, jobs, limit}}});
  CHECK(unfit_shapes(shapes({{}, {}, {{n, jobs}}}), two) == Unfit{{}, {}, {{limit, {jobs, n}}}});
  CHECK(unfit_shapes(shapes({{}, {}, {{n, unit}}}), two) == Unfit{});
  CHECK(unfit_shapes(shapes({{}, {limit}, {{n, jobs}}}), two) == Unfit{});
  CHECK(unfit_shapes(shapes({{}, {}, {{n, jobs}}}), shapes({{limit}, {limit}, {{n, jobs, limit}}})) ==
        Unfit{});
}

TEST_CASE("what differs is described in fields") {
  CHECK(describe({{{state, 2, {3, 4}}}, {more}, {{limit, {n}}}}) ==
        "record state has 1 field and gets 2 or 3, the struct gets the key more, a map gets the key limit");
}
