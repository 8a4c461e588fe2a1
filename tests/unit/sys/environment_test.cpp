// SPDX-License-Identifier: BSD-3-Clause
#include <erlrc/sys/environment.hpp>

#include "catch.hpp"
#include "temp_dir.hpp"

using namespace erlrc;

TEST_CASE("a variable that is removed has no value") {
  const test::ScopedEnvironment set("ERLRC_TEST_VARIABLE", "value");
  unset_environment("ERLRC_TEST_VARIABLE");
  CHECK(environment("ERLRC_TEST_VARIABLE") == std::nullopt);
}

TEST_CASE("a variable has no value if it is empty or not set") {
  {
    const test::ScopedEnvironment set("ERLRC_TEST_VARIABLE", "value");
    CHECK(environment("ERLRC_TEST_VARIABLE") == "value");
  }
  CHECK(environment("ERLRC_TEST_VARIABLE") == std::nullopt);
  const test::ScopedEnvironment empty("ERLRC_TEST_VARIABLE", "");
  CHECK(environment("ERLRC_TEST_VARIABLE") == std::nullopt);
}
