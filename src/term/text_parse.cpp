// SPDX-License-Identifier: BSD-3-Clause
#include <algorithm>
#include <bit>
#include <limits>
#include <map>
#include <optional>

#include <erlrc/term/etf.hpp>
#include <erlrc/term/text.hpp>

#include "scanner.hpp"
#include "utf8.hpp"

namespace erlrc {
namespace {

constexpr int kMaxDepth = 1000;
constexpr std::uint64_t kMaxSegmentBits = 1 << 20;

// The bits of a binary, most significant first.
class BitWriter {
public:
  void put(bool bit) {
    if (last_bits_ == 8) {
      bytes_.push_back('\0');
      last_bits_ = 0;
    }
    if (bit) bytes_.back() = static_cast<char>(bytes_.back() | 0x80 >> last_bits_);
    ++last_bits_;
  }
  void put_byte(std::uint8_t byte) {
    if (last_bits_ == 8) {
      bytes_.push_back(static_cast<char>(byte));
      return;
    }
    for (int bit = 7; bit >= 0; --bit)
      put((byte >> bit & 1) != 0);
  }
  void put_bytes(BytesView bytes) {
    for (char byte : bytes)
      put_byte(static_cast<std::uint8_t>(byte));
  }
  Term take() {
    if (last_bits_ == 8) return Binary{std::move(bytes_)};
    return BitString{std::move(bytes_), last_bits_};
  }

private:
  Bytes bytes_;
  std::uint8_t last_bits_ = 8;
};

// How one segment of a binary is written: Value:size/type-signedness-endianness-unit.
struct Segment {
  std::optional<std::uint64_t> size;
  std::uint64_t unit = 0;
  enum Type : std::uint8_t { kInteger, kFloat, kUtf8, kUtf16, kUtf32, kBits } type = kInteger;
  bool little = false;
};

// Bit `index` of the two's complement of an integer, 0 the least significant one.
bool bit_of(const Term& integer, std::uint64_t index) {
  if (const auto* value = std::get_if<std::int64_t>(&integer.value))
    return (index < 63 ? *value >> index & 1 : *value < 0) != 0;
  const auto& big = std::get<BigInteger>(integer.value);
  const auto magnitude_bit = [&](std::uint64_t i) {
    return i / 8 < big.magnitude.size() &&
           (static_cast<std::uint8_t>(big.magnitude[i / 8]) >> (i % 8) & 1) != 0;
  };
  if (!big.negative) return magnitude_bit(index);
  // -x is the complement of x, plus one: below and at the lowest bit set nothing changes.
  bool lower_set = false;
  for (std::uint64_t i = 0; i < std::min<std::uint64_t>(index, big.magnitude.size() * 8) && !lower_set; ++i)
    lower_set = magnitude_bit(i);
  return lower_set != magnitude_bit(index);
}

void put_integer(const Term& value, std::uint64_t bits, bool little, BitWriter& out) {
  if (!little) {
    for (std::uint64_t i = bits; i-- > 0;)
      out.put(bit_of(value, i));
    return;
  }
  // Whole bytes from the low end; what is left over are the highest bits.
  for (std::uint64_t at = 0; at < bits; at += 8)
    for (std::uint64_t i = std::min(at + 8, bits); i-- > at;)
      out.put(bit_of(value, i));
}

void put_units(std::uint32_t value, int bytes, bool little, BitWriter& out) {
  for (int i = 0; i < bytes; ++i)
    out.put_byte(static_cast<std::uint8_t>(value >> 8 * (little ? i : bytes - 1 - i) & 0xff));
}

void put_utf16(std::uint32_t c, bool little, BitWriter& out) {
  if (c < 0x10000) return put_units(c, 2, little, out);
  put_units(0xd800 + ((c - 0x10000) >> 10), 2, little, out);
  put_units(0xdc00 + ((c - 0x10000) & 0x3ff), 2, little, out);
}

class Parser {
public:
  Parser(std::string_view text, const std::string& file) : scanner_(text, file) { advance(); }

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

  // What stands between brackets; the opening one is already taken.
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

  // Of a key that comes twice the last value counts, as in Erlang.
  Term parse_map(int depth) {
    expect("{");
    Map made;
    if (accept("}")) return made;
    std::map<Bytes, std::size_t> places;
    for (;;) {
      Term key = parse(depth + 1);
      expect("=>");
      Term value = parse(depth + 1);
      const auto [place, added] = places.emplace(encode_term(key), made.pairs.size());
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
    if (token_.kind == Token::kString) {
      const std::u32string characters = take_characters();
      const Segment segment = parse_specifiers();
      for (char32_t c : characters)
        put_segment(static_cast<std::int64_t>(c), segment, begin, out);
    } else if (token_.kind == Token::kBinary) {
      const Term bytes = parse_sigil();
      if (parse_specifiers().type != Segment::kBits) scanner_.fail(begin, "found a sigil without /binary");
      out.put_bytes(std::get<Binary>(bytes.value).bytes);
    } else if (token_.kind == Token::kNumber) {
      const Term value = parse_number();
      put_segment(value, parse_specifiers(), begin, out);
    } else if (token_.is("-") || token_.is("+")) {
      const Term value = parse_signed();
      put_segment(value, parse_specifiers(), begin, out);
    } else {
      fail_expected("a number or a string");
    }
  }

  Segment parse_specifiers() {
    Segment segment;
    if (accept(":"))
      segment.size = parse_unsigned(kMaxSegmentBits, "a size of at most " + std::to_string(kMaxSegmentBits));
    if (!accept("/")) return segment;
    do {
      const std::string name = parse_atom().name;
      if (name == "integer")
        segment.type = Segment::kInteger;
      else if (name == "float")
        segment.type = Segment::kFloat;
      else if (name == "utf8")
        segment.type = Segment::kUtf8;
      else if (name == "utf16")
        segment.type = Segment::kUtf16;
      else if (name == "utf32")
        segment.type = Segment::kUtf32;
      else if (name == "binary" || name == "bytes" || name == "bits" || name == "bitstring")
        segment.type = Segment::kBits;
      else if (name == "little")
        segment.little = true;
      else if (name == "native")
        segment.little = std::endian::native == std::endian::little;
      else if (name == "unit")
        segment.unit = parse_unit();
      else if (name != "big" && name != "signed" && name != "unsigned")
        fail_expected("the type of a segment before this");
    } while (accept("-"));
    return segment;
  }

  std::uint64_t parse_unit() {
    expect(":");
    return parse_unsigned(256, "a unit of 1 to 256");
  }

  void put_segment(const Term& value, const Segment& segment, Position begin, BitWriter& out) {
    switch (segment.type) {
      case Segment::kInteger: {
        if (std::holds_alternative<double>(value.value))
          scanner_.fail(begin, "found a float, expected an integer");
        const std::uint64_t bits = segment.size.value_or(8) * (segment.unit == 0 ? 1 : segment.unit);
        if (bits > kMaxSegmentBits)
          scanner_.fail(begin, "found a segment of " + std::to_string(bits) + " bits");
        put_integer(value, bits, segment.little, out);
        return;
      }
      case Segment::kFloat:
        return put_float(value, segment, begin, out);
      case Segment::kUtf8:
      case Segment::kUtf16:
      case Segment::kUtf32:
        return put_character(value, segment, begin, out);
      case Segment::kBits:
        scanner_.fail(begin, "found no binary before /binary");
    }
  }

  void put_float(const Term& value, const Segment& segment, Position begin, BitWriter& out) {
    double real = 0;
    if (const auto* integer = std::get_if<std::int64_t>(&value.value))
      real = static_cast<double>(*integer);
    else if (const auto* number = std::get_if<double>(&value.value))
      real = *number;
    else
      scanner_.fail(begin, "found an integer too large for a float");
    const std::uint64_t bits = segment.size.value_or(64) * (segment.unit == 0 ? 1 : segment.unit);
    if (bits == 64)
      put_integer(std::bit_cast<std::int64_t>(real), bits, segment.little, out);
    else if (bits == 32)
      put_integer(std::int64_t{std::bit_cast<std::uint32_t>(static_cast<float>(real))}, bits, segment.little,
                  out);
    else
      scanner_.fail(begin, "found a float of " + std::to_string(bits) + " bits, expected 32 or 64");
  }

  void put_character(const Term& value, const Segment& segment, Position begin, BitWriter& out) {
    const auto* integer = std::get_if<std::int64_t>(&value.value);
    std::string utf8;
    if (integer == nullptr || *integer < 0 || *integer > 0x10ffff ||
        !append_utf8(static_cast<std::uint32_t>(*integer), utf8))
      scanner_.fail(begin, "found the number of no character");
    const auto c = static_cast<std::uint32_t>(*integer);
    if (segment.type == Segment::kUtf8)
      out.put_bytes(utf8);
    else if (segment.type == Segment::kUtf16)
      put_utf16(c, segment.little, out);
    else
      put_units(c, 4, segment.little, out);
  }

  Scanner scanner_;
  Token token_;
};

// Whether one of the first two lines is a comment with `coding: latin-1` (or `=`), as epp:read_encoding/1
// finds it.
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

Position position_of(std::string_view text, std::size_t at) {
  const std::string_view before = text.substr(0, at);
  const std::size_t line_start = before.rfind('\n') + 1;  // npos + 1 is 0
  Position position{static_cast<std::size_t>(std::ranges::count(before, '\n')) + 1, 1};
  for (std::size_t i = line_start; i < at; ++position.column)
    next_code_point(before, i);
  return position;
}

// The text as UTF-8.
std::string decoded(std::string_view text, const std::string& file) {
  if (says_latin1(text)) return latin1_to_utf8(text);
  if (const std::size_t valid = valid_utf8_prefix(text); valid != text.size())
    throw SyntaxError(file, position_of(text, valid),
                      "found byte " + std::to_string(static_cast<std::uint8_t>(text[valid])) +
                          ", expected UTF-8 or a comment `coding: latin-1`");
  return std::string(text);
}

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
