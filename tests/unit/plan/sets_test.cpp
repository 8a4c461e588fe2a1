// SPDX-License-Identifier: BSD-3-Clause
#include <erlrc/plan/later_conversions.hpp>

#include "upgrading.hpp"

// Tests what the applications of an upgrade set need to know of each other.

using namespace erlrc;
using namespace erlrc::test;

TEST_CASE("the conversions of a version are those whose code_change does not pass states on, and calls") {
  AppFiles from = earlier();
  AppFiles to = later();
  const auto found = [&](const Request::Change& change) {
    return conversions_of(change, Disk({from, to}).files());
  };
  CHECK(found(up) == LaterConversions{{srv}, {egerl}});
  CHECK(found(down) == LaterConversions{{srv}, {egerl}});
  to.appup = shipped("{load_module, egerl_srv}");
  CHECK(found(up) == LaterConversions{});
  to.appup = shipped("{load_module, egerl_srv}, {apply, {m, f, []}}");
  CHECK(found(up) == LaterConversions{{}, {egerl}});
  to.appup.reset();
  to.beams.at(srv).shapes = std::optional(Shapes{{}, std::nullopt, true});
  CHECK(found(up) == LaterConversions{});
}
