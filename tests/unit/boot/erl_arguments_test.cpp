// SPDX-License-Identifier: BSD-3-Clause
#include <erlrc/boot/erl_arguments.hpp>

#include "catch.hpp"

using namespace erlrc;

TEST_CASE("names of files in the arguments of erl begin in the given directory") {
  using Arguments = std::vector<std::string>;
  CHECK(arguments_from("/d", {"-pa", "ebin", "/abs", "-config", "sys", "-kernel", "x", "y", "+P", "5"}) ==
        Arguments{"-pa", "/d/ebin", "/abs", "-config", "/d/sys", "-kernel", "x", "y", "+P", "5"});
  CHECK(arguments_from("/d", {"-boot", "start_sasl", "-boot", "rel/start"}) ==
        Arguments{"-boot", "start_sasl", "-boot", "/d/rel/start"});
  CHECK(arguments_from("/d", {"-extra", "-pa", "ebin"}) == Arguments{"-extra", "-pa", "ebin"});
}
