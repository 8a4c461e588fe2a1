// SPDX-License-Identifier: BSD-3-Clause
#include <erlrc/base/foreign_text.hpp>

#include <algorithm>
#include <array>
#include <charconv>
#include <cstddef>
#include <cstdint>

#include <erlrc/base/text.hpp>
#include <erlrc/base/utf8.hpp>

namespace erlrc {
namespace {

constexpr std::size_t longest_line = 4096;

struct Range {
  std::uint32_t first, last;
};

/// Characters that are not visible, but change what a terminal does or how it shows others: control
/// characters, marks, embeddings, overrides and isolates of directions, separators of lines, a mark of byte
/// order, tags.
constexpr std::array<Range, 9> harmful{{{0, 0x1f},
                                        {0x7f, 0x9f},
                                        {0x61c, 0x61c},
                                        {0x200e, 0x200f},
                                        {0x2028, 0x202e},
                                        {0x2060, 0x206f},
                                        {0xfeff, 0xfeff},
                                        {0xfff9, 0xfffb},
                                        {0xe0000, 0xe007f}}};

bool is_harmful(std::uint32_t c) {
  return std::ranges::any_of(harmful,
                             [c](const Range& range) { return c >= range.first && c <= range.last; });
}

std::string hexadecimal(std::uint32_t number) {
  std::array<char, 8> digits{};
  const auto end = std::to_chars(digits.data(), digits.data() + digits.size(), number, 16).ptr;
  return {digits.data(), end};
}

/// Appends the character at `at`, escaped if it must not be shown as it is, and moves `at` past it.
void append_visible(std::string_view text, std::size_t& at, std::string& shown) {
  const std::size_t begin = at;
  const std::uint32_t c = next_code_point(text, at);
  if (at - begin == 1 && c > 0x7f) {
    shown += "\\x" + hexadecimal(c);
  } else if (is_harmful(c)) {
    shown += "\\x{" + hexadecimal(c) + "}";
  } else {
    shown += text.substr(begin, at - begin);
  }
}

}  // namespace

std::string one_line(std::string_view text) {
  std::string line;
  for (std::size_t at = 0; at < text.size();) {
    if (line.size() > longest_line) return line + " ..";
    if (is_control(text[at])) {
      line += ' ';
      ++at;
    } else {
      append_visible(text, at, line);
    }
  }
  return line;
}

std::string for_terminal(std::string_view text) {
  std::string shown;
  shown.reserve(text.size());
  for (std::size_t at = 0; at < text.size();) {
    if (text[at] == '\n' || text[at] == '\t') {
      shown += text[at++];
    } else {
      append_visible(text, at, shown);
    }
  }
  return shown;
}

}  // namespace erlrc
