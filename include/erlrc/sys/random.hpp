// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <cstdint>

namespace erlrc {

/// A number nobody can foresee, for the challenge of a handshake. Throws SystemError if the system gives
/// none.
std::uint32_t random_number();

}  // namespace erlrc
