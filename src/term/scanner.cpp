// SPDX-License-Identifier: BSD-3-Clause
#include "scanner.hpp"

#include <algorithm>
#include <charconv>
#include <cstddef>
#include <cstdint>
#include <string_view>
#include <utility>
#include <vector>

#include <erlrc/base/text.hpp>
#include <erlrc/base/utf8.hpp>
#include <erlrc/term/text.hpp>

#include "big_integer.hpp"
#include "characters.hpp"
#include "reserved.hpp"

namespace erlrc {
namespace {

// More would take seconds: the time to read digits grows with the square of their number.
constexpr std::size_t kMaxDigits = 10'000;

/// Whether a float, DIGITS.DIGITS or with e[-]DIGITS, is less than one. Its digits are not limited.
bool is_below_one(std::string_view text) {
  const auto e = text.find('e');
  const std::string_view digits = text.substr(0, e);
  const auto point = static_cast<std::ptrdiff_t>(digits.find('.'));
  const auto first = static_cast<std::ptrdiff_t>(digits.find_first_of("123456789"));
  const std::ptrdiff_t magnitude = first < point ? point - first - 1 : point - first;
  if (e == std::string_view::npos) return magnitude < 0;
  const auto exponent = parse_number<std::int32_t>(text.substr(e + 1));
  return exponent ? magnitude + *exponent < 0 : text[e + 1] == '-';
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
      return "a sigil for a binary";
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
  const std::size_t sign = peek(1) == '+' || peek(1) == '-' ? 1 : 0;
  if ((peek() == 'e' || peek() == 'E') && is_digit(peek(1 + sign))) {
    take();
    text += 'e';
    if (sign == 1 && take() == '-') text += '-';
    text += scan_digits(10);
  }
  double value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error == std::errc::result_out_of_range) {
    if (!is_below_one(text)) fail(begin, "found " + text + ", expected a float of 64 bits");
    value = 0;
  }
  return value;
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
