// SPDX-License-Identifier: BSD-3-Clause
#include <erlrc/plan/request.hpp>

#include "catch.hpp"

using namespace erlrc;

namespace {

const Version earlier{"1.0", "/l/a-1.0/ebin"};
const Version later{"1.1", "/l/a-1.1/ebin"};

}  // namespace

TEST_CASE("a start has no version before it, and a stop none after it") {
  const Request start{{"a"}, Request::Start{later}};
  CHECK(to_string(action_of(start)) == "start");
  CHECK(version_before(start) == nullptr);
  CHECK(version_after(start) == &std::get<Request::Start>(start.what).version);
  const Request stop{{"a"}, Request::Stop{earlier}};
  CHECK(to_string(action_of(stop)) == "stop");
  CHECK(version_before(stop) == &std::get<Request::Stop>(stop.what).version);
  CHECK(version_after(stop) == nullptr);
}

TEST_CASE("the direction of a change makes it an upgrade or a downgrade") {
  Request request{{"a"}, Request::Change{Direction::up, earlier, later}};
  CHECK(to_string(action_of(request)) == "upgrade");
  std::get<Request::Change>(request.what).direction = Direction::down;
  CHECK(to_string(action_of(request)) == "downgrade");
  *version_before(request) = later;
  *version_after(request) = earlier;
  CHECK(request == Request{{"a"}, Request::Change{Direction::down, later, earlier}});
}
