// SPDX-License-Identifier: BSD-3-Clause
#include "libraries.hpp"

#include <cstdlib>

#include "catch.hpp"
#include "paths.hpp"

namespace erlrc::test {

namespace {

// With the headers of this system's Erlang.
void compile(const std::string& file, const std::string& options, const std::string& source) {
  const std::string command = "cc -shared -fPIC -I" ERLRC_ERL_NIF " " + options + " -o '" + file +
                              ".dpkg-new' " + in_source("tests/live/lab/" + source) + " && mv '" + file +
                              ".dpkg-new' '" + file + "'";
  REQUIRE(std::system(command.c_str()) == 0);
}

}  // namespace

void make_library(const std::string& file, const std::string& number, const std::string& take_over) {
  compile(file, "-DNAME=zoo_nif -DVSN=" + number + " " + take_over, "nif.c");
}

void make_driver(const std::string& file, const std::string& number) {
  compile(file, "-DVSN=" + number, "driver.c");
}

}  // namespace erlrc::test
