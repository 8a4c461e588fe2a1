// SPDX-License-Identifier: BSD-3-Clause
#include <erlrc/sys/unique_fd.hpp>

#include <fcntl.h>

#include "catch.hpp"

using namespace erlrc;

namespace {

bool is_open(int fd) {
  return ::fcntl(fd, F_GETFD) >= 0;
}

int open_something() {
  const int fd = ::open("/dev/null", O_RDONLY | O_CLOEXEC);
  REQUIRE(fd >= 0);
  return fd;
}

}  // namespace

TEST_CASE("a descriptor is closed by its last owner, once") {
  const int fd = open_something();
  {
    UniqueFd first(fd);
    CHECK(first);
    UniqueFd second(std::move(first));
    CHECK(second.get() == fd);
    UniqueFd third;
    CHECK_FALSE(third);
    third = std::move(second);
    CHECK(third.get() == fd);
    CHECK(is_open(fd));
  }
  CHECK_FALSE(is_open(fd));
}

TEST_CASE("an owner that takes another descriptor closes its old one") {
  const int fd = open_something();
  UniqueFd owner(fd);
  {
    UniqueFd other(open_something());
    owner = std::move(other);
  }
  CHECK_FALSE(is_open(fd));
  CHECK(is_open(owner.get()));
}
