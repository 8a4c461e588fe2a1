// SPDX-License-Identifier: BSD-3-Clause
#include <erlrc/sys/side_by_side.hpp>

#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <exception>
#include <functional>
#include <string>
#include <vector>

#include <erlrc/base/error.hpp>
#include <erlrc/sys/unique_fd.hpp>

#include "catch.hpp"

using namespace erlrc;

namespace {

/// Two sockets, each of which reads what is written to the other.
struct Pair {
  Pair() {
    int fds[2];
    REQUIRE(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, fds) == 0);
    near = UniqueFd(fds[0]);
    far = UniqueFd(fds[1]);
  }
  UniqueFd near, far;
};

void write_byte(const UniqueFd& fd) {
  REQUIRE(::write(fd.get(), "x", 1) == 1);
}

Deadline soon() {
  return after(milliseconds(60000));
}

}  // namespace

TEST_CASE("a body that waits for a socket lets the others go on") {
  const Pair pair;
  std::string order;
  side_by_side(3, [&](std::size_t i) {
    order += std::to_string(i);
    if (i == 0) wait_for(pair.near.get(), POLLIN, soon());
    if (i == 2) write_byte(pair.far);
    order += std::to_string(i);
  });
  CHECK(order == "011220");
}

TEST_CASE("bodies that pause do so at the same time") {
  std::string order;
  const auto begin = std::chrono::steady_clock::now();
  side_by_side(3, [&](std::size_t i) {
    pause(milliseconds(300 - 100 * i));
    order += std::to_string(i);
  });
  CHECK(order == "210");
  CHECK(std::chrono::steady_clock::now() - begin < milliseconds(600));
}

TEST_CASE("a body whose time is over hears it, the others wait on") {
  const Pair silent, late;
  std::string order;
  side_by_side(3, [&](std::size_t i) {
    try {
      if (i == 0) wait_for(silent.near.get(), POLLIN, after(milliseconds(50)));
      if (i == 1) wait_for(late.near.get(), POLLIN, soon());
    } catch (const TimedOut&) {
      order += "timed out ";
    }
    if (i == 2) {
      pause(milliseconds(100));
      write_byte(late.far);
    }
    order += std::to_string(i) + " ";
  });
  CHECK(order == "timed out 0 2 1 ");
}

TEST_CASE("each body has its own exceptions, also where it waits while it handles one") {
  // The first waits inside of its handler while the second enters and leaves one of its own.
  std::vector<std::string> seen(2);
  side_by_side(2, [&](std::size_t i) {
    try {
      throw Error("error " + std::to_string(i));
    } catch (const Error&) {
      pause(milliseconds(i == 0 ? 60 : 20));
      try {
        throw;
      } catch (const Error& again) {
        seen[i] = again.what();
      }
    }
    if (std::current_exception()) seen[i] += " is still there";
  });
  CHECK(seen == std::vector<std::string>{"error 0", "error 1"});
  CHECK(!std::current_exception());
  CHECK(std::uncaught_exceptions() == 0);
}

TEST_CASE("a hundred bodies take turns many times") {
  std::vector<Pair> pairs(100);
  int turns = 0;
  side_by_side(pairs.size(), [&](std::size_t i) {
    for (int turn = 0; turn < 50; ++turn) {
      write_byte(pairs[(i + 1) % pairs.size()].far);
      wait_for(pairs[i].near.get(), POLLIN, soon());
      char byte = 0;
      if (::read(pairs[i].near.get(), &byte, 1) == 1) ++turns;
    }
  });
  CHECK(turns == 5000);
}

TEST_CASE("a body has room for deep recursion") {
  const std::function<std::size_t(int)> down = [&](int depth) -> std::size_t {
    volatile char frame[4000] = {1};
    if (depth == 0) pause(milliseconds(1));
    return depth == 0 ? 0 : down(depth - 1) + static_cast<std::size_t>(frame[0]);
  };
  side_by_side(2, [&](std::size_t) { CHECK(down(1000) == 1000); });
}

TEST_CASE("one body needs nobody beside it, and none is no error") {
  int called = 0;
  side_by_side(0, [&](std::size_t) { ++called; });
  CHECK(called == 0);
  side_by_side(1, [&](std::size_t) {
    CHECK_THROWS_AS(wait_for(Pair().near.get(), POLLIN, after(milliseconds(10))), TimedOut);
    ++called;
  });
  CHECK(called == 1);
}
