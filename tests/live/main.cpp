// SPDX-License-Identifier: BSD-3-Clause
// The main function of every test program that needs a real Erlang.
#include <cstdlib>
#include <iostream>
#if !__has_include(<catch2/catch_all.hpp>)
#define CATCH_CONFIG_RUNNER
#endif
#include "catch.hpp"

int main(int argc, char** argv) {
  if (std::system("command -v erl >/dev/null && command -v escript >/dev/null") != 0) {
    std::cerr << argv[0] << ": skipped: no erl in PATH\n";
    return 77;
  }
  return Catch::Session().run(argc, argv);
}
