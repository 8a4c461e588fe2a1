// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <cstddef>
#include <string>

#include <erlrc/term/term.hpp>
#include <erlrc/term/text.hpp>

namespace erlrc {

/// A term for a message with what was found; a long one is cut.
inline std::string shown(const Term& term) {
  constexpr std::size_t kWidth = 60;
  std::string text = print_term(term);
  if (text.size() <= kWidth) return text;
  std::size_t end = kWidth;
  while (end > 0 && (static_cast<unsigned char>(text[end]) & 0xc0) == 0x80)
    --end;  // do not cut a character
  return text.substr(0, end) + "...";
}

}  // namespace erlrc
