// SPDX-License-Identifier: BSD-3-Clause
#include <erlrc/app/location.hpp>

#include <array>
#include <string>

#include "catch.hpp"

using namespace erlrc;

namespace {

/// read_from, in_path, known_as
std::array<std::string, 3> directories(const Location& location) {
  return {location.read_from, location.in_path, location.known_as};
}

using Directories = std::array<std::string, 3>;

}  // namespace

TEST_CASE("an installed version is read from, found in and known as its own directory") {
  CHECK(directories("/l") == Directories{"/l", "/l", "/l"});
  CHECK(!Location("/l").is_backup());
}

TEST_CASE("a backup is read from elsewhere, and found in and known as its own directory") {
  const Location location = Location::backed_up("/l", "/backup");
  CHECK(directories(location) == Directories{"/backup", "/l", "/l"});
  CHECK(location.is_backup());
}

TEST_CASE("staged files are read from and found in the staging directory, and known as their own directory") {
  const Location location = Location::staged("/l", "/staged");
  CHECK(directories(location) == Directories{"/staged", "/staged", "/l"});
  CHECK(!location.is_backup());
}
