// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <string>
#include <string_view>

#include <erlrc/term/term.hpp>

// Integers of any size to and from digits, shared by the parser and the printer.

namespace erlrc {

/// The value of `digits` (each valid in `base`, 2 to 36; no sign), as std::int64_t where it fits.
Term integer_of_digits(std::string_view digits, int base);

/// In decimal, with its sign. Above 4,096 bytes as `16#..`, because decimal digits cost the square of the
/// size.
std::string digits_of_integer(const BigInteger& integer);

}  // namespace erlrc
