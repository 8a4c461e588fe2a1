// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <erlrc/base/bytes.hpp>

namespace erlrc::etf {

/// Inflates the zlib stream at the front of `in`, which begins with its size, and moves `in` past it. Throws
/// ProtocolError if it is damaged, too large, or of another size.
Bytes inflate(ByteReader& in);

}  // namespace erlrc::etf
