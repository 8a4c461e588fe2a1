// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include <erlrc/base/error.hpp>
#include <erlrc/term/term.hpp>

// The tokens of Erlang's text syntax, one at a time.

namespace erlrc {

struct Token {
  enum Kind : std::uint8_t {
    kAtom,      ///< `text` is its name
    kReserved,  ///< a reserved word without quotes
    kVariable,
    kNumber,  ///< `number`: an integer, a character or a float
    kString,  ///< `characters`
    kBinary,  ///< a sigil for a binary; `characters`
    kPunctuation,
    kFullStop,
    kEnd,
  };

  Kind kind = kEnd;
  Position position;
  std::string text;  ///< as written, except for an atom
  std::u32string characters;
  Term number;

  bool is(std::string_view punctuation) const { return kind == kPunctuation && text == punctuation; }
};

/// What a message calls the token: `'}'`, `atom foo`, `end of file`.
std::string describe(const Token& token);

/// Reads UTF-8 text, which must outlive it.
class Scanner {
public:
  Scanner(std::string_view text, const std::string& file) : text_(text), file_(file) {}

  /// The next token; kEnd at the end, again and again. Throws SyntaxError.
  Token next();

  /// Number of bytes read, which is where the last token ends.
  std::size_t offset() const { return at_; }

  [[noreturn]] void fail(Position where, const std::string& message) const;

private:
  bool at_end() const { return at_ >= text_.size(); }
  char peek(std::size_t ahead = 0) const { return at_ + ahead < text_.size() ? text_[at_ + ahead] : '\0'; }
  std::uint32_t peek_code_point() const;
  std::uint32_t take();
  void skip_blanks();
  bool at_full_stop() const;

  void check_atom_length(std::string_view name, Position begin) const;
  Token scan_word(Token token);
  Token scan_number(Token token);
  Token scan_string(Token token);
  Token scan_quoted_atom(Token token);
  Token scan_sigil(Token token);
  Token scan_punctuation(Token token);
  std::u32string scan_until(std::uint32_t end, bool verbatim, Position begin, const char* what);
  std::size_t triple_quotes() const;
  std::u32string scan_triple_quoted(std::size_t quotes, Position begin);
  std::uint32_t scan_escape();
  std::uint32_t scan_hexadecimal_escape(Position begin);
  std::string scan_digits(int base);
  double scan_fraction(const std::string& digits, Position begin);
  Term integer(const std::string& digits, int base, Position begin) const;

  std::string_view text_;
  const std::string& file_;
  std::size_t at_ = 0;
  Position position_;
};

}  // namespace erlrc
