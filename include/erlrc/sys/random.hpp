// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <cstdint>

namespace erlrc {

/// An unpredictable number, for the challenge of a handshake. Throws SystemError if the system does not give
/// one.
std::uint32_t random_number();

}  // namespace erlrc
