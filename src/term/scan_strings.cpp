// SPDX-License-Identifier: BSD-3-Clause
#include <algorithm>
#include <string>
#include <vector>

#include <erlrc/base/utf8.hpp>

#include "characters.hpp"
#include "scanner.hpp"

// Tokens with text between delimiters: strings, quoted atoms, sigils, and the escape sequences in them.

namespace erlrc {
namespace {

std::string utf8(std::u32string_view characters) {
  std::string out;
  for (char32_t c : characters)
    append_utf8(c, out);
  return out;
}

std::string name_of(std::uint32_t c) {
  std::string name = "'";
  append_utf8(c, name);
  return name + "'";
}

std::string place(Position position) {
  return std::to_string(position.line) + ":" + std::to_string(position.column);
}

}  // namespace

std::uint32_t Scanner::scan_hexadecimal_escape(Position begin) {
  const bool braces = peek() == '{';
  if (braces) take();
  std::uint32_t value = 0;
  std::size_t digits = 0;
  for (; digit_value(peek()) < 16 && (braces || digits < 2); ++digits) {
    value = std::min<std::uint32_t>(value * 16 + static_cast<std::uint32_t>(digit_value(peek())), 0x110000);
    take();
  }
  if (digits == 0 || (!braces && digits < 2)) fail(position_, "expected a hexadecimal digit");
  if (braces) {
    if (peek() != '}') fail(position_, "expected '}' after the digits of a character");
    take();
  }
  if (std::string ignored; !append_utf8(value, ignored))
    fail(begin, "found a number that is not a character");
  return value;
}

// The character of an escape sequence; its backslash has been read.
std::uint32_t Scanner::scan_escape() {
  const Position begin = position_;
  if (at_end()) fail(begin, "found end of file after a backslash");
  std::uint32_t c = take();
  if (c >= '0' && c <= '7') {
    std::uint32_t value = c - '0';
    for (int i = 0; i < 2 && peek() >= '0' && peek() <= '7'; ++i)
      value = value * 8 + (take() - '0');
    return value;
  }
  switch (c) {
    case 'b':
      return 8;
    case 'd':
      return 127;
    case 'e':
      return 27;
    case 'f':
      return 12;
    case 'n':
      return 10;
    case 'r':
      return 13;
    case 's':
      return 32;
    case 't':
      return 9;
    case 'v':
      return 11;
    case 'x':
      return scan_hexadecimal_escape(begin);
    case '^':
      if (at_end()) fail(position_, "found end of file, expected a control character");
      c = take();
      if (c == '?') return 127;
      if (c < '@' || (c > '_' && c < 'a') || c > 'z') fail(begin, "expected a control character after '\\^'");
      return c & 31;
    default:
      return c;
  }
}

std::u32string Scanner::scan_until(std::uint32_t end, bool verbatim, Position begin, const char* what) {
  std::u32string characters;
  for (;;) {
    if (at_end())
      fail(position_,
           "found end of file, expected " + name_of(end) + " to end the " + what + " of " + place(begin));
    const std::uint32_t c = take();
    if (c == end) return characters;
    characters.push_back(c == '\\' && !verbatim ? scan_escape() : c);
  }
}

// Number of quotes that open a triple-quoted string here; 0 if no such string begins here. Only the rest of
// the line distinguishes it from the older meaning, an empty string next to another string.
std::size_t Scanner::triple_quotes() const {
  std::size_t quotes = 0;
  while (peek(quotes) == '"')
    ++quotes;
  if (quotes < 3) return 0;
  std::size_t ahead = quotes;
  while (peek(ahead) == ' ' || peek(ahead) == '\t' || peek(ahead) == '\r')
    ++ahead;
  return peek(ahead) == '\n' ? quotes : 0;
}

// Reads from the opening quotes. The indentation of the line with the closing quotes is removed from each
// line.
std::u32string Scanner::scan_triple_quoted(std::size_t quotes, Position begin) {
  struct Line {
    Position position;
    std::u32string characters;
  };
  while (take() != '\n') {
  }
  std::vector<Line> lines;
  std::u32string indent;
  for (;;) {
    std::size_t blanks = 0;
    while (peek(blanks) == ' ' || peek(blanks) == '\t')
      ++blanks;
    std::size_t found = 0;
    while (found < quotes && peek(blanks + found) == '"')
      ++found;
    if (found == quotes) {
      for (std::size_t i = 0; i < blanks; ++i)
        indent.push_back(take());
      for (std::size_t i = 0; i < quotes; ++i)
        take();
      break;
    }
    lines.push_back({position_, {}});
    do {
      if (at_end())
        fail(position_, "found end of file, expected the quotes that end the string of " + place(begin));
      lines.back().characters.push_back(take());
    } while (lines.back().characters.back() != U'\n');
  }

  std::u32string characters;
  for (const Line& line : lines) {
    const std::u32string_view content = line.characters;
    if (content.starts_with(indent))
      characters += content.substr(indent.size());
    else if (content == U"\n" || content == U"\r\n")
      characters += content;
    else
      fail(line.position, "found less indentation than before the quotes that end the string");
  }
  if (!characters.empty()) characters.pop_back();
  if (!characters.empty() && characters.back() == U'\r') characters.pop_back();
  return characters;
}

Token Scanner::scan_string(Token token) {
  token.kind = Token::kString;
  if (const std::size_t quotes = triple_quotes(); quotes > 0) {
    token.characters = scan_triple_quoted(quotes, token.position);
  } else {
    take();
    token.characters = scan_until('"', false, token.position, "string");
  }
  return token;
}

Token Scanner::scan_quoted_atom(Token token) {
  take();
  token.kind = Token::kAtom;
  const std::u32string name = scan_until('\'', false, token.position, "atom");
  if (name.size() > 255)
    fail(token.position,
         "found an atom of " + std::to_string(name.size()) + " characters, expected at most 255");
  token.text = utf8(name);
  return token;
}

// A sigil (OTP 27): ~, ~b, ~B for binaries, ~s, ~S for strings; the upper-case ones have no escapes.
Token Scanner::scan_sigil(Token token) {
  take();
  std::string type;
  while (is_word(peek_code_point()))
    append_utf8(take(), type);
  if (!type.empty() && type != "b" && type != "B" && type != "s" && type != "S")
    fail(token.position, "found sigil ~" + type + ", expected ~, ~b, ~B, ~s or ~S");
  token.kind = type == "s" || type == "S" ? Token::kString : Token::kBinary;
  if (const std::size_t quotes = triple_quotes(); quotes > 0) {
    token.characters = scan_triple_quoted(quotes, token.position);
    return token;
  }
  constexpr std::string_view kOpen = "([{<\"'/|`#";
  constexpr std::string_view kShut = ")]}>\"'/|`#";
  const std::size_t delimiter = at_end() ? std::string_view::npos : kOpen.find(peek());
  if (delimiter == std::string_view::npos) fail(position_, "expected a delimiter after ~" + type);
  take();
  token.characters = scan_until(static_cast<std::uint8_t>(kShut[delimiter]), type == "B" || type == "S",
                                token.position, "sigil");
  return token;
}

}  // namespace erlrc
