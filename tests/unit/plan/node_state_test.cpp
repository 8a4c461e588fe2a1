// SPDX-License-Identifier: BSD-3-Clause
#include "planning.hpp"

using namespace erlrc;
using namespace erlrc::test;

TEST_CASE("an application is included by a running one, directly or through others") {
  NodeState node;
  run(node, "top", "1", {Atom{"middle"}});
  load(node, "middle", "1", {Atom{"inner"}});
  load(node, "idle", "1", {Atom{"alone"}});
  CHECK(included_by(node, Atom{"middle"}) == Atom{"top"});
  CHECK(included_by(node, Atom{"inner"}) == Atom{"top"});
  CHECK(included_by(node, Atom{"alone"}) == std::nullopt);
  CHECK(included_by(node, Atom{"top"}) == std::nullopt);
}

TEST_CASE("a node may report inclusions in circles, and long chains of them") {
  NodeState node;
  run(node, "top", "1", {Atom{"a"}});
  load(node, "a", "1", {Atom{"b"}, Atom{"a"}});
  load(node, "b", "1", {Atom{"a"}, Atom{"top"}});
  CHECK(included_by(node, Atom{"b"}) == Atom{"top"});
  CHECK(included_by(node, Atom{"top"}) == Atom{"top"});
  CHECK(included_by(node, Atom{"none"}) == std::nullopt);
  constexpr int length = 100'000;
  for (int i = 0; i < length; ++i)
    run(node, "n" + std::to_string(i), "1", {Atom{"n" + std::to_string(i + 1)}});
  CHECK(included_by(node, Atom{"n" + std::to_string(length)}) == Atom{"n0"});
  CHECK(included_by(node, Atom{"none"}) == std::nullopt);
}

TEST_CASE("included applications are collected once, each before what it includes") {
  NodeState node;
  load(node, "a", "1", {Atom{"b"}, Atom{"c"}});
  load(node, "b", "1", {Atom{"d"}, Atom{"a"}});
  IncludedApps included(node);
  CHECK(included.add({Atom{"a"}}) == std::vector<Atom>{{"a"}, {"b"}, {"d"}, {"c"}});
  CHECK(included.add({Atom{"d"}, Atom{"e"}}) == std::vector<Atom>{{"e"}});
  CHECK(included.add_those_of(Atom{"b"}).empty());
  CHECK(included.contains(Atom{"e"}));
  CHECK_FALSE(included.contains(Atom{"f"}));
}

TEST_CASE("only an application that was itself started runs") {
  NodeState node;
  run(node, "top", "1", {Atom{"inner"}});
  load(node, "inner", "2");
  CHECK(runs(node, Atom{"top"}));
  CHECK_FALSE(runs(node, Atom{"inner"}));
  CHECK(loaded_vsn(node, Atom{"inner"}) == "2");
  CHECK(loaded_vsn(node, Atom{"none"}) == std::nullopt);
}
