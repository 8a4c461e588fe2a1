// SPDX-License-Identifier: BSD-3-Clause
#include <erlrc/sys/group.hpp>

#include <erlrc/base/error.hpp>

#include "catch.hpp"

using namespace erlrc;

TEST_CASE("a group is found by its name or number") {
  CHECK(find_group("root") == 0);
  CHECK(find_group("0") == 0);
  CHECK(find_group("4711") == 4711);
}

TEST_CASE("an unknown group is refused") {
  const auto name = GENERATE(values<std::string>(
      {"", "no such group", "root:", "root:x", "-1", "4294967295", "4294967296", "12x", " root"}));
  CAPTURE(name);
  CHECK_THROWS_AS(find_group(name), UsageError);
}
