// SPDX-License-Identifier: BSD-3-Clause
#include "../../../src/app/load_order.hpp"

#include <string>
#include <vector>

#include "catch.hpp"
#include "made_files.hpp"
#include "show_term.hpp"

using namespace erlrc;
using erlrc::test::files;
using erlrc::test::module;

namespace {

const std::vector<Atom> kAB{{"a"}, {"b"}};
const std::vector<Atom> kABC{{"a"}, {"b"}, {"c"}};

}  // namespace

TEST_CASE("a module depends on one whose new function it calls") {
  auto earlier = files("1", {module("a"), module("b").exporting("f/0")});
  auto later = files("2", {module("a").calling("b:new/1"), module("b").exporting("f/0").exporting("new/1")});
  CHECK(interface_dependencies(earlier, later, kAB) == Dependencies{{"a", {"b"}}});
}

TEST_CASE("a module that loses a function depends on the one that called it") {
  auto earlier = files("1", {module("a").calling("b:gone/1"), module("b").exporting("gone/1")});
  auto later = files("2", {module("a"), module("b")});
  CHECK(interface_dependencies(earlier, later, kAB) == Dependencies{{"b", {"a"}}});
}

TEST_CASE("calls of functions that both versions export are not dependencies") {
  auto earlier = files("1", {module("a"), module("b").exporting("f/0")});
  auto later = files("2", {module("a").calling("b:f/0"), module("b").exporting("f/0").exporting("new/1")});
  CHECK(interface_dependencies(earlier, later, kAB).empty());
}

TEST_CASE("the same name with another arity is another function") {
  auto earlier = files("1", {module("a").calling("b:f/0"), module("b").exporting("f/0")});
  auto later = files("2", {module("a").calling("b:f/1"), module("b").exporting("f/1")});
  CHECK(interface_dependencies(earlier, later, kAB) == Dependencies{{"a", {"b"}}, {"b", {"a"}}});
}

TEST_CASE("a new function counts when it is called by way of added modules") {
  auto earlier = files("1", {module("a"), module("b")});
  auto later =
      files("2", {module("a").calling("new:f/0"), module("b").exporting("f/0").calling("newer:f/0"),
                  module("new").calling("newer:f/0"), module("newer").calling("b:f/0").calling("new:f/0")});
  CHECK(interface_dependencies(earlier, later, kAB) == Dependencies{{"a", {"b"}}});
}

TEST_CASE("a lost function counts when it was called by way of deleted modules") {
  auto earlier = files(
      "1", {module("a").calling("old:f/0"), module("b").exporting("f/0"), module("old").calling("b:f/0")});
  auto later = files("2", {module("a"), module("b")});
  CHECK(interface_dependencies(earlier, later, kAB) == Dependencies{{"b", {"a"}}});
}

TEST_CASE("a called module is loaded before the calling one, and independent ones by name") {
  auto later = files("2", {module("a").calling("c:f/0"), module("b"), module("c")});
  CHECK(load_order(later, kABC, {}) == std::vector<Atom>{{"b"}, {"c"}, {"a"}});
}

TEST_CASE("changed interfaces have precedence over calls") {
  auto later = files("2", {module("a").calling("b:f/0"), module("b"), module("c")});
  CHECK(load_order(later, kABC, {{"b", {"a"}}}) == std::vector<Atom>{{"a"}, {"b"}, {"c"}});
}

TEST_CASE("modules that call each other form a group, in the order that the interfaces need") {
  auto later = files("2", {module("a").calling("c:f/0"), module("b"), module("c").calling("a:f/0")});
  CHECK(load_order(later, kABC, {}) == std::vector<Atom>{{"a"}, {"c"}, {"b"}});
  CHECK(load_order(later, kABC, {{"a", {"c"}}}) == std::vector<Atom>{{"c"}, {"a"}, {"b"}});
}

TEST_CASE("calls of a module to itself or to unchanged modules do not order it") {
  auto later = files("2", {module("a").calling("a:f/0").calling("lists:map/2"), module("b").calling("z:f/0"),
                           module("z").calling("b:f/0")});
  CHECK(load_order(later, kAB, {}) == kAB);
}
