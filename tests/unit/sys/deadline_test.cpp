// SPDX-License-Identifier: BSD-3-Clause
#include <erlrc/sys/deadline.hpp>

#include "catch.hpp"

using namespace erlrc;

TEST_CASE("the time left shrinks to zero and not below") {
  CHECK(left_until(after(milliseconds(60000))) > milliseconds(1000));
  CHECK(left_until(after(milliseconds(60000))) <= milliseconds(60000));
  CHECK(left_until(after(milliseconds(-1))) == milliseconds(0));
}

TEST_CASE("a part of a millisecond is still time left") {
  CHECK(left_until(std::chrono::steady_clock::now() + std::chrono::seconds(1) +
                   std::chrono::microseconds(1)) > milliseconds(0));
  CHECK(left_until(Deadline::max()) > milliseconds(0));
}

TEST_CASE("an expired wait reports that there was no answer") {
  CHECK(std::string(TimedOut().what()) == "did not answer in time");
}
