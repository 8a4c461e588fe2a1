// SPDX-License-Identifier: BSD-3-Clause
#include "scanner.hpp"

#include <algorithm>
#include <charconv>
#include <utility>
#include <vector>

#include <erlrc/term/text.hpp>

#include "big_integer.hpp"
#include "reserved.hpp"
#include "utf8.hpp"

namespace erlrc {
namespace {

// More would take seconds: the time to read digits grows with the square of their number.
constexpr std::size_t kMaxDigits = 100'000;

bool is_digit(char c) {
  return c >= '0' && c <= '9';
}
bool is_blank(std::uint32_t c) {
  return c <= 0x20 || (c >= 0x80 && c <= 0xa0);
}
bool is_lower(std::uint32_t c) {
  return (c >= 'a' && c <= 'z') || (c >= 0xdf && c <= 0xff && c != 0xf7);
}
bool is_upper(std::uint32_t c) {
  return (c >= 'A' && c <= 'Z') || c == '_' || (c >= 0xc0 && c <= 0xde && c != 0xd7);
}
bool is_word(std::uint32_t c) {
  return is_lower(c) || is_upper(c) || c == '@' || (c >= '0' && c <= '9');
}

// The value of a digit in bases up to 36; 99 for anything else.
int digit_value(char c) {
  if (is_digit(c)) return c - '0';
  const char lower = static_cast<char>(c | 0x20);
  return lower >= 'a' && lower <= 'z' ? lower - 'a' + 10 : 99;
}

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

std::string describe(const Token& token) {
  switch (token.kind) {
    case Token::kAtom:
      return "atom " + print_atom(token.text);
    case Token::kReserved:
      return "reserved word " + token.text;
    case Token::kVariable:
      return "variable " + token.text;
    case Token::kNumber:
      return "number " + print_term(token.number);
    case Token::kString:
      return "a string";
    case Token::kBinary:
      return "a sigil";
    case Token::kPunctuation:
      return "'" + token.text + "'";
    case Token::kFullStop:
      return "a full stop";
    case Token::kEnd:
      break;
  }
  return "end of file";
}

void Scanner::fail(Position where, const std::string& message) const {
  throw SyntaxError(file_, where, message);
}

std::uint32_t Scanner::peek_code_point() const {
  std::size_t at = at_;
  return at_end() ? 0 : next_code_point(text_, at);
}

std::uint32_t Scanner::take() {
  const std::uint32_t c = next_code_point(text_, at_);
  if (c == '\n')
    position_ = {position_.line + 1, 1};
  else
    ++position_.column;
  return c;
}

void Scanner::skip_blanks() {
  while (!at_end()) {
    if (peek() == '%') {
      while (!at_end() && peek() != '\n')
        take();
    } else if (is_blank(peek_code_point())) {
      take();
    } else {
      return;
    }
  }
}

bool Scanner::at_full_stop() const {
  if (peek() != '.') return false;
  std::size_t at = at_ + 1;
  if (at == text_.size() || text_[at] == '%') return true;
  return is_blank(next_code_point(text_, at));
}

Token Scanner::next() {
  skip_blanks();
  Token token;
  token.position = position_;
  if (at_end()) return token;
  const std::uint32_t c = peek_code_point();
  if (is_lower(c) || is_upper(c)) return scan_word(std::move(token));
  if (c >= '0' && c <= '9') return scan_number(std::move(token));
  if (c == '"') return scan_string(std::move(token));
  if (c == '\'') return scan_quoted_atom(std::move(token));
  if (c == '~') return scan_sigil(std::move(token));
  if (c == '$') {
    take();
    if (at_end()) fail(position_, "found end of file, expected a character after '$'");
    const std::uint32_t character = take();
    token.kind = Token::kNumber;
    token.number = std::int64_t{character == '\\' ? scan_escape() : character};
    return token;
  }
  return scan_punctuation(std::move(token));
}

void Scanner::check_atom_length(std::string_view name, Position begin) const {
  const auto length = std::ranges::count_if(name, [](char byte) { return (byte & 0xc0) != 0x80; });
  if (length > 255)
    fail(begin, "found an atom of " + std::to_string(length) + " characters, expected at most 255");
}

Token Scanner::scan_word(Token token) {
  const bool lower = is_lower(peek_code_point());
  while (!at_end() && is_word(peek_code_point()))
    append_utf8(take(), token.text);
  token.kind = !lower ? Token::kVariable : is_reserved_word(token.text) ? Token::kReserved : Token::kAtom;
  if (token.kind == Token::kAtom) check_atom_length(token.text, token.position);
  // Not reserved before OTP 27, and files written before then use them as atoms.
  if (token.text == "maybe" || token.text == "else") token.kind = Token::kAtom;
  return token;
}

// Reads digits with single underscores between them and drops the underscores.
std::string Scanner::scan_digits(int base) {
  std::string digits;
  for (;;) {
    if (digit_value(peek()) < base)
      digits.push_back(static_cast<char>(take()));
    else if (peek() == '_' && !digits.empty() && digit_value(peek(1)) < base)
      take();
    else
      return digits;
  }
}

Token Scanner::scan_number(Token token) {
  token.kind = Token::kNumber;
  const std::string digits = scan_digits(10);
  if (peek() == '#') {
    int base = 0;
    std::from_chars(digits.data(), digits.data() + digits.size(), base);
    if (base < 2 || base > 36) fail(token.position, "found base " + digits + ", expected 2 to 36");
    if (digit_value(peek(1)) < base) {
      take();
      const std::string based = scan_digits(base);
      token.number = integer(based, base, token.position);
      return token;
    }
    take();
    fail(position_, "expected a digit of base " + digits);
  }
  if (peek() != '.' || !is_digit(peek(1))) {
    token.number = integer(digits, 10, token.position);
    return token;
  }
  token.number = scan_fraction(digits, token.position);
  return token;
}

Term Scanner::integer(const std::string& digits, int base, Position begin) const {
  if (digits.size() > kMaxDigits)
    fail(begin, "found " + std::to_string(digits.size()) + " digits, expected at most " +
                    std::to_string(kMaxDigits));
  return integer_of_digits(digits, base);
}

// The rest of a float, from its point on.
double Scanner::scan_fraction(const std::string& digits, Position begin) {
  take();
  std::string text = digits + "." + scan_digits(10);
  bool small = false;
  const std::size_t sign = peek(1) == '+' || peek(1) == '-' ? 1 : 0;
  if ((peek() == 'e' || peek() == 'E') && is_digit(peek(1 + sign))) {
    take();
    text += 'e';
    if (sign == 1) {
      small = peek() == '-';
      if (take() == '-') text += '-';
    }
    text += scan_digits(10);
  }
  double value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error == std::errc::result_out_of_range) {
    if (!small) fail(begin, "found " + text + ", expected a float of 64 bits");
    value = 0;
  }
  return value;
}

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

Token Scanner::scan_punctuation(Token token) {
  if (at_full_stop()) {
    take();
    token.kind = Token::kFullStop;
    return token;
  }
  token.kind = Token::kPunctuation;
  const std::string_view two = text_.substr(at_, 2);
  append_utf8(take(), token.text);
  if (two == "<<" || two == ">>" || two == "=>") append_utf8(take(), token.text);
  return token;
}

}  // namespace erlrc
