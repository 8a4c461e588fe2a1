// SPDX-License-Identifier: BSD-3-Clause
#include "text_encoding.hpp"

#include <algorithm>
#include <cstdint>

#include <erlrc/base/error.hpp>
#include <erlrc/base/utf8.hpp>

namespace erlrc {
namespace {

Position position_of(std::string_view text, std::size_t at) {
  const std::string_view before = text.substr(0, at);
  const std::size_t line_start = before.rfind('\n') + 1;  // npos + 1 is 0
  Position position{static_cast<std::size_t>(std::ranges::count(before, '\n')) + 1, 1};
  for (std::size_t i = line_start; i < at; ++position.column)
    next_code_point(before, i);
  return position;
}

}  // namespace

bool says_latin1(std::string_view text) {
  for (int line = 0; line < 2 && !text.empty(); ++line) {
    const std::size_t end = std::min(text.find('\n'), text.size());
    std::string_view rest = text.substr(0, end);
    text.remove_prefix(std::min(end + 1, text.size()));
    const std::size_t comment = rest.find_first_not_of(" \t");
    if (comment == std::string_view::npos || rest[comment] != '%') continue;
    const std::size_t coding = rest.find("coding");
    if (coding == std::string_view::npos) continue;
    rest.remove_prefix(coding + 6);
    const auto skip_blanks = [&] {
      rest.remove_prefix(std::min(rest.find_first_not_of(" \t"), rest.size()));
    };
    skip_blanks();
    if (rest.empty() || (rest.front() != ':' && rest.front() != '=')) continue;
    rest.remove_prefix(1);
    skip_blanks();
    std::string name;
    for (char c : rest.substr(0, 7))
      name.push_back(static_cast<char>(c >= 'A' && c <= 'Z' ? c | 0x20 : c));
    return name == "latin-1";
  }
  return false;
}

std::string decoded(std::string_view text, const std::string& file) {
  if (says_latin1(text)) return latin1_to_utf8(text);
  if (const std::size_t valid = valid_utf8_prefix(text); valid != text.size())
    throw SyntaxError(file, position_of(text, valid),
                      "found byte " + std::to_string(static_cast<std::uint8_t>(text[valid])) +
                          ", expected UTF-8 or a comment `coding: latin-1`");
  return std::string(text);
}

}  // namespace erlrc
