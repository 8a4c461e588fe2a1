// SPDX-License-Identifier: BSD-3-Clause
#include <erlrc/script/coverage.hpp>

#include "catch.hpp"
#include "made_files.hpp"

using namespace erlrc;
using namespace erlrc::test;

namespace {

const AppFiles earlier = files("1", {module("same"), module("changed").differing("one"), module("gone")});
const AppFiles later = files("2", {module("same"), module("changed").differing("two"), module("born")});
const Atom changed{"changed"};
const Atom gone{"gone"};
const Atom born{"born"};

}  // namespace

TEST_CASE("modules that differ need an instruction, those that are the same need none") {
  CHECK(uncovered_modules(earlier, later, {}) == std::set<Atom>{born, changed, gone});
  CHECK(uncovered_modules(later, earlier, {}) == std::set<Atom>{born, changed, gone});
  CHECK(uncovered_modules(later, later, {}).empty());
}

TEST_CASE("a module that is loaded or removed is covered") {
  CHECK(uncovered_modules(earlier, later, {Load{changed}}) == std::set<Atom>{born, gone});
  CHECK(uncovered_modules(earlier, later, {Load{changed}, Load{born}, Remove{gone}}).empty());
  CHECK(uncovered_modules(earlier, later, {Suspend{}, Load{born}}) == std::set<Atom>{changed, gone});
}

TEST_CASE("an emulator that is restarted loads all modules") {
  CHECK(uncovered_modules(earlier, later, {RestartEmulator{}}).empty());
  CHECK(uncovered_modules(earlier, later, {RestartNewEmulator{}}).empty());
}
