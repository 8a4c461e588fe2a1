// SPDX-License-Identifier: BSD-3-Clause
#include <erlrc/base/version.hpp>

#include <string>

#include "catch.hpp"

using erlrc::compare_versions;

TEST_CASE("versions are in order, each pair compared both ways") {
  // dpkg --compare-versions gives the same result for each pair.
  const auto [older, newer] =
      GENERATE(table<std::string, std::string>({{"1.0", "1.1"},
                                                {"1.9", "1.10"},
                                                {"1.0", "1.0.1"},
                                                {"1.0~rc1", "1.0"},
                                                {"1.0~rc1", "1.0~rc2"},
                                                {"1.0~~", "1.0~"},
                                                {"1.0", "1.0a"},
                                                {"1.0a", "1.0+"},
                                                {"1.0a", "1.0b"},
                                                {"1.0A", "1.0a"},
                                                {"", "0a"},
                                                {"2", "10"},
                                                {"1.2.3", "1.2.3.0.1"},
                                                {"99999999999999999999", "100000000000000000000"},
                                                {"5.0.12", "5.1"},
                                                {"1.0rc1", "1.0.1"}}));
  INFO(older << " and " << newer);
  CHECK(compare_versions(older, newer) == std::weak_ordering::less);
  CHECK(compare_versions(newer, older) == std::weak_ordering::greater);
}

TEST_CASE("versions that are spelt differently can be equal") {
  const auto [a, b] = GENERATE(table<std::string, std::string>(
      {{"1.0", "1.0"}, {"1.01", "1.1"}, {"1.", "1.0"}, {"", "0"}, {"1.0", "1.00"}, {"a0", "a"}}));
  INFO(a << " and " << b);
  CHECK(compare_versions(a, b) == std::weak_ordering::equivalent);
}

TEST_CASE("characters outside of ASCII come after the others, whether char is signed or not") {
  CHECK(compare_versions("1.0+", "1.0\xe9") == std::weak_ordering::less);
}
