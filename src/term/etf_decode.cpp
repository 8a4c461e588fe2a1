// SPDX-License-Identifier: BSD-3-Clause
#include <algorithm>
#include <bit>
#include <iterator>
#include <optional>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include <erlrc/base/error.hpp>
#include <erlrc/term/etf.hpp>

#include "etf_parts.hpp"
#include "etf_tags.hpp"
#include "inflate.hpp"

// Works on a list of open containers rather than on the call stack, because the peer chooses the depth of a
// term. `owed` counts the terms that are announced but not yet read: each of them needs at least one byte, so
// an announcement larger than the bytes left is false, and memory is never reserved for it.

namespace erlrc {
namespace {

using namespace etf;

constexpr std::size_t kMaxDepth = 10'000;

// Runs `body` and turns a ShortRead from it into a ProtocolError.
template <typename Body>
auto reading(Body&& body) {
  try {
    return body();
  } catch (const ShortRead& error) {
    refuse(error.what());
  }
}

// A container that is not yet complete. The last of the `left` terms of a list is its tail.
struct Open {
  enum Kind : std::uint8_t { kTuple, kList, kMap } kind;
  std::size_t left;
  std::vector<Term> terms;
};

Term close(Open open) {
  switch (open.kind) {
    case Open::kTuple:
      return Tuple{std::move(open.terms)};
    case Open::kMap: {
      Map made;
      made.pairs.reserve(open.terms.size() / 2);
      for (std::size_t i = 0; i < open.terms.size(); i += 2)
        made.pairs.emplace_back(std::move(open.terms[i]), std::move(open.terms[i + 1]));
      return made;
    }
    case Open::kList:
      break;
  }
  List made{std::move(open.terms), {}};
  Term tail = std::move(made.elements.back());
  made.elements.pop_back();
  if (auto* rest = std::get_if<List>(&tail.value)) {  // NIL, or a string after the elements
    std::ranges::move(rest->elements, std::back_inserter(made.elements));
    made.tail = std::move(rest->tail);
  } else {
    made.tail.push_back(std::move(tail));
  }
  return made;
}

class Decoder {
public:
  Decoder(ByteReader& in, std::size_t most_terms) : in_(in), terms_left_(most_terms) {}

  Term decode() {
    for (;;)
      if (std::optional<Term> term = next())
        if (std::optional<Term> whole = place(*std::move(term))) return *std::move(whole);
  }

private:
  // Puts a complete term where it belongs. Returns the outermost term if that is now complete.
  std::optional<Term> place(Term term) {
    while (!open_.empty()) {
      Open& top = open_.back();
      top.terms.push_back(std::move(term));
      if (--top.left > 0) return std::nullopt;
      term = close(std::move(top));
      open_.pop_back();
    }
    return term;
  }

  // Counts terms before there is memory for them.
  void expect(std::size_t terms) {
    if (terms > terms_left_) refuse("more terms than are allowed");
    terms_left_ -= terms;
  }

  // A term without terms in it, or nullopt after a container was opened.
  std::optional<Term> next() {
    const std::uint8_t tag = in_.peek();
    if (!open_.empty()) --owed_;
    if (is_atom_tag(tag)) return decode_atom(in_);
    in_.u8();
    switch (tag) {
      case SMALL_INTEGER_EXT:
        return std::int64_t{in_.u8()};
      case INTEGER_EXT:
        return std::int64_t{in_.i32()};
      case SMALL_BIG_EXT:
        return decode_big(in_, in_.u8());
      case LARGE_BIG_EXT:
        return decode_big(in_, in_.u32());
      case NEW_FLOAT_EXT:
        return finite(std::bit_cast<double>(in_.u64()));
      case FLOAT_EXT:
        return decode_text_float(in_);
      case BINARY_EXT:
        return Binary{Bytes(in_.take(in_.u32()))};
      case BIT_BINARY_EXT:
        return decode_bit_string(in_);
      case STRING_EXT:
        return decode_string();
      case NIL_EXT:
        return List{};
      case PID_EXT:
        return decode_pid(in_, false);
      case NEW_PID_EXT:
        return decode_pid(in_, true);
      case PORT_EXT:
      case NEW_PORT_EXT:
      case V4_PORT_EXT:
        return decode_port(in_, tag);
      case REFERENCE_EXT:
        return decode_old_reference(in_);
      case NEW_REFERENCE_EXT:
        return decode_reference(in_, false);
      case NEWER_REFERENCE_EXT:
        return decode_reference(in_, true);
      case EXPORT_EXT:
        return decode_export(in_);
      case NEW_FUN_EXT:
        return decode_fun(in_);
      case SMALL_TUPLE_EXT:
        return open(Open::kTuple, in_.u8());
      case LARGE_TUPLE_EXT:
        return open(Open::kTuple, in_.u32());
      case LIST_EXT:
        return open(Open::kList, in_.u32());
      case MAP_EXT:
        return open(Open::kMap, in_.u32());
      default:
        refuse("unknown tag " + std::to_string(tag));
    }
  }

  Term decode_string() {
    const BytesView bytes = in_.take(in_.u16());
    expect(bytes.size());
    List made;
    made.elements.reserve(bytes.size());
    for (char byte : bytes)
      made.elements.emplace_back(std::int64_t{static_cast<std::uint8_t>(byte)});
    return made;
  }

  std::optional<Term> open(Open::Kind kind, std::uint32_t count) {
    std::size_t terms = kind == Open::kMap ? std::size_t{count} * 2 : count;
    if (terms == 0 && kind == Open::kTuple) return Tuple{};
    if (terms == 0 && kind == Open::kMap) return Map{};
    if (kind == Open::kList) ++terms;
    if (terms > in_.left() || owed_ > in_.left() - terms)
      refuse(std::to_string(count) + " elements announced, " + std::to_string(in_.left()) + " bytes left");
    expect(terms);
    // A list as the tail of a list is joined at once; otherwise a chain of them would take quadratic time.
    if (kind == Open::kList && !open_.empty() && open_.back().kind == Open::kList && open_.back().left == 1) {
      open_.back().left = terms;
      owed_ += terms;
      return std::nullopt;
    }
    if (open_.size() >= kMaxDepth) refuse("nested deeper than " + std::to_string(kMaxDepth));
    open_.push_back({kind, terms, {}});
    open_.back().terms.reserve(terms);
    owed_ += terms;
    return std::nullopt;
  }

  ByteReader& in_;
  std::size_t terms_left_;
  std::vector<Open> open_;
  std::size_t owed_ = 0;
};

}  // namespace

Term decode_term_body(ByteReader& reader) {
  return reading([&] { return Decoder(reader, DecodeLimits{}.terms).decode(); });
}

Term decode_term(ByteReader& reader, const DecodeLimits& limits) {
  return reading([&] {
    if (const std::uint8_t version = reader.u8(); version != kVersion)
      refuse("found version " + std::to_string(version) + ", expected 131");
    if (reader.peek() != COMPRESSED) return Decoder(reader, limits.terms).decode();
    if (!limits.compressed) refuse("compressed");
    reader.u8();
    const Bytes inflated = inflate(reader);
    ByteReader inner(inflated);
    Term term = Decoder(inner, limits.terms).decode();
    if (!inner.empty()) refuse(std::to_string(inner.left()) + " bytes after the compressed term");
    return term;
  });
}

Term decode_term(BytesView bytes) {
  ByteReader reader(bytes);
  Term term = decode_term(reader);
  if (!reader.empty()) refuse(std::to_string(reader.left()) + " bytes after the term");
  return term;
}

}  // namespace erlrc
