// SPDX-License-Identifier: BSD-3-Clause
#include <erlrc/sys/standard_streams.hpp>

#include <fcntl.h>
#include <unistd.h>

#include <erlrc/sys/unique_fd.hpp>

#include "catch.hpp"

using namespace erlrc;

TEST_CASE("a closed standard stream is opened, so that no other file gets its number") {
  const UniqueFd kept(::fcntl(STDIN_FILENO, F_DUPFD_CLOEXEC, 3));
  ::close(STDIN_FILENO);
  open_standard_streams();
  const UniqueFd next(::open("/dev/null", O_RDONLY | O_CLOEXEC));
  char byte = 0;
  const bool unreadable = ::read(STDIN_FILENO, &byte, 1) == -1;
  ::dup2(kept.get(), STDIN_FILENO);
  CHECK(next.get() > STDERR_FILENO);
  CHECK(unreadable);
}
