// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <cstdint>

// The kinds of characters in Erlang's text syntax (Latin-1 letters are letters).

namespace erlrc {

inline bool is_digit(char c) {
  return c >= '0' && c <= '9';
}

inline bool is_blank(std::uint32_t c) {
  return c <= 0x20 || (c >= 0x80 && c <= 0xa0);
}

inline bool is_lower(std::uint32_t c) {
  return (c >= 'a' && c <= 'z') || (c >= 0xdf && c <= 0xff && c != 0xf7);
}

inline bool is_upper(std::uint32_t c) {
  return (c >= 'A' && c <= 'Z') || c == '_' || (c >= 0xc0 && c <= 0xde && c != 0xd7);
}

inline bool is_word(std::uint32_t c) {
  return is_lower(c) || is_upper(c) || c == '@' || (c >= '0' && c <= '9');
}

/// The value of a digit in bases up to 36; 99 for anything else.
inline int digit_value(char c) {
  if (is_digit(c)) return c - '0';
  const char lower = static_cast<char>(c | 0x20);
  return lower >= 'a' && lower <= 'z' ? lower - 'a' + 10 : 99;
}

}  // namespace erlrc
