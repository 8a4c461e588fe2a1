// SPDX-License-Identifier: BSD-3-Clause
#include <erlrc/term/edit.hpp>

#include <algorithm>
#include <optional>

#include <erlrc/base/error.hpp>
#include <erlrc/term/text.hpp>

#include "scanner.hpp"
#include "text_encoding.hpp"

namespace erlrc {
namespace {

constexpr std::size_t kWidth = 80;

/// The place for the next element of a list.
struct Gap {
  std::size_t offset = 0;  ///< after the last token of the list so far
  std::size_t column = 1;  ///< of its elements
  bool is_empty = true;
};

/// Walks through the tokens of a text up to the end of the list at `place`. The text is known to consist of
/// terms: only the way they are written must be found out.
class GapFinder {
public:
  GapFinder(std::string_view text, const std::string& file, ListPlace place)
      : scanner_(text, file), place_(place) {}

  Gap find() {
    skip_terms();
    enter("{");
    skip_elements();
    enter("[");
    if (!token_.is("]")) {
      gap_.column = token_.position.column;
      gap_.is_empty = false;
    }
    while (!token_.is("]")) {
      if (token_.is("|")) fail_expected("']'");
      skip_term();
      if (token_.is(",")) advance();
    }
    return gap_;
  }

private:
  void advance() {
    gap_.offset = scanner_.offset();
    token_ = scanner_.next();
  }

  [[noreturn]] void fail_expected(const std::string& what) const {
    scanner_.fail(token_.position, "found " + describe(token_) + ", expected " + what);
  }

  void enter(std::string_view bracket) {
    if (!token_.is(bracket)) fail_expected("'" + std::string(bracket) + "'");
    gap_.column = token_.position.column + 1;
    advance();
  }

  void skip_terms() {
    token_ = scanner_.next();
    for (std::size_t terms = 0; terms < place_.term; advance())
      if (token_.kind == Token::kFullStop)
        ++terms;
      else if (token_.kind == Token::kEnd)
        fail_expected("a term");
  }

  void skip_elements() {
    for (std::size_t elements = 0; elements < place_.element; ++elements) {
      skip_term();
      if (!token_.is(",")) fail_expected("','");
      advance();
    }
  }

  /// Skips to the comma or bracket after a term.
  void skip_term() {
    for (std::size_t depth = 0;; advance()) {
      const bool closes = is_one_of({"}", "]", ">>", ")"});
      if (depth == 0 && (closes || is_one_of({",", "|"}))) return;
      if (token_.kind == Token::kEnd) fail_expected("the end of a term");
      if (closes) --depth;
      if (is_one_of({"{", "[", "<<", "("})) ++depth;
    }
  }

  bool is_one_of(std::initializer_list<std::string_view> punctuation) const {
    return std::ranges::any_of(punctuation, [&](std::string_view each) { return token_.is(each); });
  }

  Scanner scanner_;
  ListPlace place_;
  Token token_;
  Gap gap_;
};

std::string laid_out(const Term& element, std::size_t column) {
  const std::string indent(column - 1, ' ');
  std::string text;
  for (const char c : print_term_pretty(element, std::max(kWidth, column + kWidth / 2) - column))
    text += c == '\n' ? c + indent : std::string(1, c);
  return text;
}

}  // namespace

std::string append_element(std::string_view text, const std::string& file, ListPlace place,
                           const Term& element) {
  parse_terms(text, file);
  const bool latin1 = says_latin1(text);
  std::string edited = decoded(text, file);
  const Gap gap = GapFinder(edited, file, place).find();
  const std::string indent(gap.column - 1, ' ');
  edited.insert(gap.offset, (gap.is_empty ? "" : ",\n" + indent) + laid_out(element, gap.column));
  if (latin1 && std::ranges::any_of(edited, [](char byte) { return (byte & 0x80) != 0; }))
    throw SyntaxError(file, Position{}, "found Latin-1 characters, expected UTF-8");
  return edited;
}

}  // namespace erlrc
