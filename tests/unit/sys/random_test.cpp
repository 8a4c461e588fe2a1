// SPDX-License-Identifier: BSD-3-Clause
#include <erlrc/sys/random.hpp>

#include <set>

#include "catch.hpp"

TEST_CASE("random numbers differ and use all their bits") {
  std::set<std::uint32_t> seen;
  std::uint32_t ones = 0;
  std::uint32_t zeros = 0;
  for (int i = 0; i < 100; ++i) {
    const std::uint32_t number = erlrc::random_number();
    seen.insert(number);
    ones |= number;
    zeros |= ~number;
  }
  CHECK(seen.size() > 95);
  CHECK(ones == 0xffffffff);
  CHECK(zeros == 0xffffffff);
}
