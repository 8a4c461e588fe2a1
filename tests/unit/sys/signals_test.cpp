// SPDX-License-Identifier: BSD-3-Clause
#include <erlrc/sys/signals.hpp>

#include <sys/wait.h>
#include <unistd.h>

#include <climits>

#include <erlrc/sys/parallel.hpp>

#include "catch.hpp"

using namespace erlrc;

namespace {

/// Fills the stack: no program has so much.
int overflow(int depth) {
  volatile char frame[1024];
  frame[0] = static_cast<char>(depth);
  return depth == INT_MAX ? 0 : overflow(depth + 1) + frame[0];
}

/// The exit code of a process that runs `body` with a guard that ends it with 7.
template <typename Body>
int guarded(Body body) {
  const pid_t child = ::fork();
  if (child == 0) {
    const ProcessGuard guard(7, milliseconds{std::chrono::minutes(2)}, {"", ""});
    body();
    ::_exit(0);
  }
  int status = 0;
  REQUIRE(::waitpid(child, &status, 0) == child);
  return WIFEXITED(status) ? WEXITSTATUS(status) : -WTERMSIG(status);
}

}  // namespace

TEST_CASE("a guarded process ends with its exit code when a stack overflows, in any thread") {
  CHECK(guarded([] {}) == 0);
  CHECK(guarded([] { ::abort(); }) == 7);
  CHECK(guarded([] { overflow(0); }) == 7);
  CHECK(guarded([] { for_each_parallel(2, [](std::size_t) { overflow(0); }); }) == 7);
}
