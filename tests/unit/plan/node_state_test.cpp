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

TEST_CASE("only an application that was itself started runs") {
  NodeState node;
  run(node, "top", "1", {Atom{"inner"}});
  load(node, "inner", "2");
  CHECK(runs(node, Atom{"top"}));
  CHECK_FALSE(runs(node, Atom{"inner"}));
  CHECK(loaded_vsn(node, Atom{"inner"}) == "2");
  CHECK(loaded_vsn(node, Atom{"none"}) == std::nullopt);
}
