// SPDX-License-Identifier: BSD-3-Clause
#include <erlrc/sys/user.hpp>

#include <erlrc/base/error.hpp>

#include "catch.hpp"

using namespace erlrc;

TEST_CASE("a user is found by its name or number") {
  CHECK(find_user("root") == 0);
  CHECK(find_user("0") == 0);
  CHECK(find_user("4711") == 4711);
}

TEST_CASE("an unknown user is refused") {
  const auto name =
      GENERATE(values<std::string>({"", "no such user", "root:", "root:x", "-1", "4294967295", "12x"}));
  CAPTURE(name);
  CHECK_THROWS_WITH(find_user(name), "user '" + name + "': not in /etc/passwd");
}

TEST_CASE("the name of a user is that of /etc/passwd, or the number") {
  CHECK(user_name(0) == "root");
  CHECK(user_name(4294967290) == "4294967290");
}
