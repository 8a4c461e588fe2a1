// SPDX-License-Identifier: BSD-3-Clause
#include "libraries.hpp"

#include <cstdlib>

#include "catch.hpp"
#include "paths.hpp"

namespace erlrc::test {

// With the header of this system's Erlang.
void make_library(const std::string& file, const std::string& number, const std::string& take_over) {
  const std::string command = "cc -shared -fPIC -I" ERLRC_ERL_NIF " -DNAME=zoo_nif -DVSN=" + number + " " +
                              take_over + " -o '" + file + ".dpkg-new' " + in_source("tests/live/lab/nif.c") +
                              " && mv '" + file + ".dpkg-new' '" + file + "'";
  REQUIRE(std::system(command.c_str()) == 0);
}

}  // namespace erlrc::test
