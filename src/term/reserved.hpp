// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <algorithm>
#include <array>
#include <string_view>

// Erlang's reserved words (reference manual, "Reserved Words"), which are atoms only in quotes.

namespace erlrc {

/// Includes `else` and `maybe`, reserved since OTP 27: in quotes they are right for every OTP.
inline bool is_reserved_word(std::string_view word) {
  constexpr std::array<std::string_view, 29> kWords{
      "after", "and",   "andalso", "band",   "begin",   "bnot", "bor", "bsl",  "bsr", "bxor",
      "case",  "catch", "cond",    "div",    "else",    "end",  "fun", "if",   "let", "maybe",
      "not",   "of",    "or",      "orelse", "receive", "rem",  "try", "when", "xor"};
  return std::ranges::find(kWords, word) != kWords.end();
}

}  // namespace erlrc
