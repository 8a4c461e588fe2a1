// SPDX-License-Identifier: BSD-3-Clause
// What every test of this program needs.
#include <cstdlib>

namespace erlrc::test {

const char* missing() {
  const bool found = std::system("command -v erl >/dev/null && command -v escript >/dev/null") == 0;
  return found ? nullptr : "no erl in PATH";
}

}  // namespace erlrc::test
