// SPDX-License-Identifier: BSD-3-Clause
#include <erlrc/sys/signals.hpp>

#include <fcntl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <climits>
#include <csignal>
#include <string>

#include <erlrc/sys/child_program.hpp>
#include <erlrc/sys/parallel.hpp>
#include <erlrc/sys/unique_fd.hpp>

#include "catch.hpp"
#include "temp_dir.hpp"

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

TEST_CASE("what a caller ignores or limits does not end a program, nor hide the end of its children") {
  const test::TempDir dir;
  const std::string name = dir / "file";
  const pid_t child = ::fork();
  if (child == 0) {
    std::signal(SIGCHLD, SIG_IGN);
    std::signal(SIGXFSZ, SIG_DFL);
    set_signals();
    std::string output;
    const bool ran = succeeds({"true"}, output, after(milliseconds(60'000)));
    const rlimit none{0, 0};
    ::setrlimit(RLIMIT_FSIZE, &none);
    const UniqueFd file(::open(name.c_str(), O_CREAT | O_WRONLY, 0600));
    const bool failed = ::write(file.get(), "x", 1) == -1 && errno == EFBIG;
    ::_exit(ran && failed ? 0 : 1);
  }
  int status = 0;
  REQUIRE(::waitpid(child, &status, 0) == child);
  CHECK(status == 0);
}

TEST_CASE("a guarded process ends with its exit code when a stack overflows, in any thread") {
  CHECK(guarded([] {}) == 0);
  CHECK(guarded([] { ::abort(); }) == 7);
  CHECK(guarded([] { overflow(0); }) == 7);
  CHECK(guarded([] { for_each_parallel(2, [](std::size_t) { overflow(0); }); }) == 7);
}
