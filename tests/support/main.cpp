// SPDX-License-Identifier: BSD-3-Clause
// The main function of every test program.
#include <iostream>
#if !__has_include(<catch2/catch_all.hpp>)
#define CATCH_CONFIG_RUNNER
#endif
#include "catch.hpp"

namespace erlrc::test {

/// What the tests of this program need and this machine does not have; a program can define it otherwise.
[[gnu::weak]] const char* missing() {
  return nullptr;
}

}  // namespace erlrc::test

int main(int argc, char** argv) {
  if (const char* needed = erlrc::test::missing()) {
    std::cerr << argv[0] << ": skipped: " << needed << '\n';
    return 77;
  }
  return Catch::Session().run(argc, argv);
}
