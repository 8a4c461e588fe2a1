// SPDX-License-Identifier: BSD-3-Clause
#include <erlrc/sys/random.hpp>

#include <sys/random.h>

#include <cerrno>

#include <erlrc/base/error.hpp>

namespace erlrc {

std::uint32_t random_number() {
  std::uint32_t number = 0;
  // Requests of up to 256 bytes are answered whole or not at all (getrandom(2)).
  while (::getrandom(&number, sizeof number, 0) != sizeof number)
    if (errno != EINTR) throw SystemError("random number: getrandom", errno);
  return number;
}

}  // namespace erlrc
