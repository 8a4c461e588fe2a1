// SPDX-License-Identifier: BSD-3-Clause
#include <algorithm>
#include <bit>
#include <limits>
#include <map>
#include <optional>
#include <utility>
#include <variant>
#include <vector>

#include <erlrc/base/utf8.hpp>
#include <erlrc/term/etf.hpp>
#include <erlrc/term/text.hpp>

#include "bit_syntax.hpp"
#include "scanner.hpp"
#include "text_encoding.hpp"

namespace erlrc {
namespace {

constexpr int kMaxDepth = 1000;

/// A term takes a hundred times the memory of a character. So text takes memory in proportion to its size, or
/// these many bytes more.
constexpr std::size_t kMemoryPerByte = 4;
constexpr std::size_t kMemory = std::size_t{16} << 20;
/// Its bytes, the binary that it is added to, and what that is copied to as it grows.
constexpr std::size_t kCopiesOfSegment = 4;

class Parser {
public:
  Parser(std::string_view text, const std::string& file)
      : scanner_(text, file), memory_left_(kMemory + kMemoryPerByte * text.size()) {
    advance();
  }

  std::vector<ParsedTerm> parse_all() {
    std::vector<ParsedTerm> terms;
    while (token_.kind != Token::kEnd) {
      const Position position = token_.position;
      terms.push_back({parse(0), position});
      if (token_.kind != Token::kFullStop) fail_expected("a full stop");
      advance();
    }
    return terms;
  }

  Term parse_one() {
    Term term = parse(0);
    if (token_.kind == Token::kFullStop) advance();
    if (token_.kind != Token::kEnd) fail_expected("end of file");
    return term;
  }

private:
  void advance() { token_ = scanner_.next(); }

  /// Before this much memory is used.
  void spend(std::size_t bytes) {
    if (bytes > memory_left_)
      scanner_.fail(token_.position, "takes more memory than any file of its size should");
    memory_left_ -= bytes;
  }

  [[noreturn]] void fail_expected(const std::string& what) const {
    scanner_.fail(token_.position, "found " + describe(token_) + ", expected " + what);
  }

  void expect(std::string_view punctuation) {
    if (!token_.is(punctuation)) fail_expected("'" + std::string(punctuation) + "'");
    advance();
  }

  bool accept(std::string_view punctuation) {
    if (!token_.is(punctuation)) return false;
    advance();
    return true;
  }

  Term parse(int depth) {
    if (depth > kMaxDepth) scanner_.fail(token_.position, "nested deeper than " + std::to_string(kMaxDepth));
    spend(sizeof(Term));
    switch (token_.kind) {
      case Token::kAtom:
        return parse_atom();
      case Token::kNumber:
        return parse_number();
      case Token::kString:
        return parse_string();
      case Token::kBinary:
        return parse_sigil();
      case Token::kReserved:
        if (token_.text == "fun") return parse_fun();
        break;
      case Token::kPunctuation:
        if (accept("{")) return Tuple{parse_elements("}", depth)};
        if (accept("[")) return parse_list(depth);
        if (accept("<<")) return parse_binary();
        if (accept("#")) return parse_map(depth);
        if (accept("(")) {
          Term term = parse(depth + 1);
          expect(")");
          return term;
        }
        if (token_.is("-") || token_.is("+")) return parse_signed();
        break;
      case Token::kVariable:
      case Token::kFullStop:
      case Token::kEnd:
        break;
    }
    fail_expected("a term");
  }

  Atom parse_atom() {
    if (token_.kind != Token::kAtom) fail_expected("an atom");
    Atom atom{std::move(token_.text)};
    advance();
    return atom;
  }

  Term parse_number() {
    Term number = std::move(token_.number);
    advance();
    return number;
  }

  Term parse_signed() {
    const bool negative = token_.is("-");
    advance();
    if (token_.kind != Token::kNumber) fail_expected("a number");
    Term number = parse_number();
    if (!negative) return number;
    if (auto* value = std::get_if<std::int64_t>(&number.value)) {
      *value = -*value;
    } else if (auto* real = std::get_if<double>(&number.value)) {
      *real = -*real;
    } else {
      auto& big = std::get<BigInteger>(number.value);
      if (big.magnitude == Bytes("\0\0\0\0\0\0\0\x80", 8)) return std::numeric_limits<std::int64_t>::min();
      big.negative = true;
    }
    return number;
  }

  std::u32string take_characters() {
    std::u32string characters = std::move(token_.characters);
    for (advance(); token_.kind == Token::kString; advance())
      characters += token_.characters;
    return characters;
  }

  Term parse_string() {
    List made;
    const std::u32string characters = take_characters();
    spend(characters.size() * sizeof(Term));
    made.elements.reserve(characters.size());
    for (char32_t c : characters)
      made.elements.emplace_back(static_cast<std::int64_t>(c));
    return made;
  }

  Term parse_sigil() {
    Binary made;
    for (char32_t c : token_.characters)
      append_utf8(c, made.bytes);
    advance();
    return made;
  }

  // Parses what is between brackets; the opening one has been read.
  std::vector<Term> parse_elements(std::string_view shut, int depth) {
    std::vector<Term> elements;
    if (accept(shut)) return elements;
    for (;;) {
      elements.push_back(parse(depth + 1));
      if (accept(shut)) return elements;
      if (!accept(",")) fail_expected("',' or '" + std::string(shut) + "'");
    }
  }

  Term parse_list(int depth) {
    List made;
    if (accept("]")) return made;
    for (;;) {
      made.elements.push_back(parse(depth + 1));
      if (accept("]")) return made;
      if (accept("|")) break;
      if (!accept(",")) fail_expected("',' or ']'");
    }
    Term tail = parse(depth + 1);
    expect("]");
    if (auto* rest = std::get_if<List>(&tail.value)) {
      std::ranges::move(rest->elements, std::back_inserter(made.elements));
      made.tail = std::move(rest->tail);
    } else {
      made.tail.push_back(std::move(tail));
    }
    return made;
  }

  // If a key occurs twice, the last value counts, as in Erlang.
  Term parse_map(int depth) {
    expect("{");
    Map made;
    if (accept("}")) return made;
    std::map<Bytes, std::size_t> places;
    for (;;) {
      Term key = parse(depth + 1);
      expect("=>");
      Term value = parse(depth + 1);
      Bytes encoded = encode_term(key);
      spend(encoded.size());  // keys in keys are encoded again and again
      const auto [place, added] = places.emplace(std::move(encoded), made.pairs.size());
      if (added)
        made.pairs.emplace_back(std::move(key), std::move(value));
      else
        made.pairs[place->second].second = std::move(value);
      if (accept("}")) return made;
      if (!accept(",")) fail_expected("',' or '}'");
    }
  }

  Term parse_fun() {
    advance();
    Export made;
    made.module = parse_atom();
    expect(":");
    made.function = parse_atom();
    expect("/");
    made.arity = static_cast<std::uint8_t>(parse_unsigned(255, "an arity of 0 to 255"));
    return made;
  }

  std::uint64_t parse_unsigned(std::uint64_t most, const std::string& what) {
    const auto* value =
        token_.kind == Token::kNumber ? std::get_if<std::int64_t>(&token_.number.value) : nullptr;
    if (value == nullptr || static_cast<std::uint64_t>(*value) > most) fail_expected(what);
    const auto number = static_cast<std::uint64_t>(*value);
    advance();
    return number;
  }

  Term parse_binary() {
    BitWriter out;
    if (accept(">>")) return out.take();
    for (;;) {
      parse_segment(out);
      if (accept(">>")) return out.take();
      if (!accept(",")) fail_expected("',' or '>>'");
    }
  }

  void parse_segment(BitWriter& out) {
    const Position begin = token_.position;
    std::vector<Term> values;
    if (token_.kind == Token::kString) {
      const std::u32string characters = take_characters();
      spend(characters.size() * sizeof(Term));
      for (char32_t c : characters)
        values.emplace_back(static_cast<std::int64_t>(c));
    } else if (token_.kind == Token::kNumber) {
      values.push_back(parse_number());
    } else if (token_.is("-") || token_.is("+")) {
      values.push_back(parse_signed());
    } else {
      fail_expected("a number or a string");
    }
    const Segment segment = parse_specifiers();
    try {
      for (const Term& value : values) {
        spend(kCopiesOfSegment * bits_of(segment) / 8);
        put_segment(value, segment, out);
      }
    } catch (const BadSegment& error) {
      scanner_.fail(begin, error.what());
    }
  }

  Segment parse_specifiers() {
    Segment segment;
    if (accept(":"))
      segment.size = parse_unsigned(kMaxSegmentBits, "a size of at most " + std::to_string(kMaxSegmentBits));
    if (!accept("/")) return segment;
    do {
      parse_specifier(segment);
    } while (accept("-"));
    return segment;
  }

  void parse_specifier(Segment& segment) {
    static const std::map<std::string_view, Segment::Type> kTypes{
        {"integer", Segment::kInteger}, {"float", Segment::kFloat},      {"utf8", Segment::kUtf8},
        {"utf16", Segment::kUtf16},     {"utf32", Segment::kUtf32},      {"binary", Segment::kBinary},
        {"bytes", Segment::kBinary},    {"bitstring", Segment::kBinary}, {"bits", Segment::kBinary}};
    const Position begin = token_.position;
    const std::string name = parse_atom().name;
    if (const auto type = kTypes.find(name); type != kTypes.end()) {
      segment.type = type->second;
    } else if (name == "little") {
      segment.little = true;
    } else if (name == "native") {
      segment.little = std::endian::native == std::endian::little;
    } else if (name == "unit") {
      expect(":");
      segment.unit = parse_unsigned(256, "a unit of at most 256");
    } else if (name != "big" && name != "signed" && name != "unsigned") {
      scanner_.fail(begin, "found " + print_atom(name) + ", expected the type of a segment");
    }
  }

  Scanner scanner_;
  Token token_;
  std::size_t memory_left_;
};

}  // namespace

std::vector<ParsedTerm> parse_terms(std::string_view text, const std::string& file) {
  const std::string utf8 = decoded(text, file);
  return Parser(utf8, file).parse_all();
}

Term parse_term(std::string_view text, const std::string& source) {
  const std::string utf8 = decoded(text, source);
  return Parser(utf8, source).parse_one();
}

}  // namespace erlrc
