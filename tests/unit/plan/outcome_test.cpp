// SPDX-License-Identifier: BSD-3-Clause
#include <erlrc/plan/outcome.hpp>

#include "catch.hpp"

using namespace erlrc;

TEST_CASE("the worst outcome of all nodes is the exit code") {
  using Kind = Outcome::Kind;
  const auto code = [](std::vector<Kind> kinds) {
    std::vector<NodeReport> reports;
    for (Kind kind : kinds) {
      reports.emplace_back();
      reports.back().outcome.kind = kind;
    }
    return exit_code(reports);
  };
  CHECK(code({}) == 0);
  CHECK(code({Kind::done, Kind::done}) == 0);
  CHECK(code({Kind::done, Kind::refused}) == 1);
  CHECK(code({Kind::undone}) == 1);
  CHECK(code({Kind::error, Kind::done}) == 1);
  CHECK(code({Kind::broken, Kind::undone}) == 3);
}
