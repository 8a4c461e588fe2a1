// SPDX-License-Identifier: BSD-3-Clause
#include <zlib.h>

#include <algorithm>
#include <bit>
#include <charconv>
#include <cmath>
#include <limits>
#include <optional>
#include <utility>
#include <variant>
#include <vector>

#include <erlrc/base/error.hpp>
#include <erlrc/term/etf.hpp>

#include "etf_tags.hpp"
#include "utf8.hpp"

// Works on a list of open containers rather than on the call stack, because the peer chooses the depth of a
// term. `owed` counts the terms that are announced but not yet read: each of them needs at least one byte, so
// an announcement larger than the bytes left is false, and memory is never reserved for it.

namespace erlrc {
namespace {

using namespace etf;

constexpr std::size_t kMaxDepth = 10'000;
constexpr std::size_t kMaxInflated = std::size_t{64} << 20;
constexpr std::size_t kMaxReferenceWords = 5;

[[noreturn]] void refuse(const std::string& why) {
  throw ProtocolError("external term: " + why);
}

// Runs `body` and turns a ShortRead from it into a ProtocolError.
template <typename Body>
auto reading(Body&& body) {
  try {
    return body();
  } catch (const ShortRead& error) {
    refuse(error.what());
  }
}

Atom checked_atom(std::string name) {
  const auto is_lead = [](char byte) { return (byte & 0xc0) != 0x80; };
  if (name.size() > kMaxAtomCharacters &&
      static_cast<std::size_t>(std::ranges::count_if(name, is_lead)) > kMaxAtomCharacters)
    refuse("atom of more than 255 characters");
  return Atom{std::move(name)};
}

Atom utf8_atom(BytesView name) {
  if (!is_utf8(name)) refuse("atom that is not UTF-8");
  return checked_atom(std::string(name));
}

Atom decode_atom(ByteReader& in) {
  switch (const std::uint8_t tag = in.u8()) {
    case ATOM_EXT:
      return checked_atom(latin1_to_utf8(in.take(in.u16())));
    case SMALL_ATOM_EXT:
      return checked_atom(latin1_to_utf8(in.take(in.u8())));
    case ATOM_UTF8_EXT:
      return utf8_atom(in.take(in.u16()));
    case SMALL_ATOM_UTF8_EXT:
      return utf8_atom(in.take(in.u8()));
    default:
      refuse("found tag " + std::to_string(tag) + ", expected an atom");
  }
}

Term decode_big(ByteReader& in, std::size_t length) {
  const bool negative = in.u8() != 0;
  BytesView magnitude = in.take(length);
  while (!magnitude.empty() && magnitude.back() == '\0')
    magnitude.remove_suffix(1);

  constexpr std::uint64_t kLimit = std::uint64_t{1} << 63;
  if (magnitude.size() <= 8) {
    std::uint64_t value = 0;
    for (std::size_t i = magnitude.size(); i-- > 0;)
      value = value << 8 | static_cast<std::uint8_t>(magnitude[i]);
    if (value < kLimit || (negative && value == kLimit))
      return std::bit_cast<std::int64_t>(negative ? std::uint64_t{0} - value : value);
  }
  return BigInteger{negative, Bytes(magnitude)};
}

double finite(double value) {
  if (!std::isfinite(value)) refuse("float that is not a number");
  return value;
}

double decode_text_float(ByteReader& in) {
  BytesView text = in.take(31);
  text = text.substr(0, text.find('\0'));
  double value = 0;
  const auto [end, error] = std::from_chars(text.begin(), text.end(), value);
  if (error != std::errc() || end != text.end()) refuse("float that is not a number");
  return finite(value);
}

Term decode_bit_string(ByteReader& in) {
  const std::uint32_t length = in.u32();
  const std::uint8_t bits = in.u8();
  Bytes bytes(in.take(length));
  if (bits > 8 || (bits == 0) != bytes.empty())
    refuse("bit string with " + std::to_string(bits) + " last bits");
  if (bits == 8 || bytes.empty()) return Binary{std::move(bytes)};
  bytes.back() = static_cast<char>(bytes.back() & (0xff << (8 - bits)));
  return BitString{std::move(bytes), bits};
}

// Braces are evaluated in order, which is the order of the encoding.
Term decode_pid(ByteReader& in, bool wide) {
  return Pid{decode_atom(in), in.u32(), in.u32(), wide ? in.u32() : in.u8()};
}

Term decode_port(ByteReader& in, std::uint8_t tag) {
  return Port{decode_atom(in), tag == V4_PORT_EXT ? in.u64() : in.u32(),
              tag == PORT_EXT ? in.u8() : in.u32()};
}

Term decode_old_reference(ByteReader& in) {
  Reference made{decode_atom(in), 0, {in.u32()}};
  made.creation = in.u8();
  return made;
}

Term decode_reference(ByteReader& in, bool wide) {
  const std::uint16_t words = in.u16();
  if (words == 0 || words > kMaxReferenceWords) refuse("reference of " + std::to_string(words) + " words");
  Reference made{decode_atom(in), wide ? in.u32() : in.u8(), {}};
  made.ids.reserve(words);
  for (std::uint16_t i = 0; i < words; ++i)
    made.ids.push_back(in.u32());
  return made;
}

std::int64_t decode_small(ByteReader& in) {
  switch (const std::uint8_t tag = in.u8()) {
    case SMALL_INTEGER_EXT:
      return in.u8();
    case INTEGER_EXT:
      return in.i32();
    default:
      refuse("found tag " + std::to_string(tag) + ", expected a small integer");
  }
}

Term decode_export(ByteReader& in) {
  Export made{decode_atom(in), decode_atom(in), 0};
  const std::int64_t arity = decode_small(in);
  if (arity < 0 || arity > 255) refuse("fun of arity " + std::to_string(arity));
  made.arity = static_cast<std::uint8_t>(arity);
  return made;
}

Term decode_fun(ByteReader& in) {
  const std::uint32_t size = in.u32();
  if (size < 4) refuse("fun of " + std::to_string(size) + " bytes");
  const BytesView body = in.take(size - 4);
  ByteReader fields(body);
  Fun made;
  made.arity = fields.u8();
  fields.take(16);  // the md5 of the significant parts of the module
  made.index = fields.u32();
  fields.u32();  // free variables
  made.module = decode_atom(fields);
  decode_small(fields);  // OldIndex
  // OldUniq is an unsigned 32-bit number that travels as a signed one, or as a big one above 2^27.
  if (fields.peek() == SMALL_BIG_EXT) {
    fields.u8();
    const Term uniq = decode_big(fields, fields.u8());
    const auto* value = std::get_if<std::int64_t>(&uniq.value);
    made.uniq = value != nullptr ? static_cast<std::uint32_t>(*value) : 0;
  } else {
    made.uniq = static_cast<std::uint32_t>(decode_small(fields));
  }
  ByteWriter whole;
  whole.u8(NEW_FUN_EXT).u32(size).bytes(body);
  made.encoded = whole.take();
  return made;
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
  explicit Decoder(ByteReader& in) : in_(in) {}

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

  // A term without terms in it, or nullopt after a container was opened.
  std::optional<Term> next() {
    const std::uint8_t tag = in_.peek();
    if (!open_.empty()) --owed_;
    switch (tag) {
      case ATOM_EXT:
      case SMALL_ATOM_EXT:
      case ATOM_UTF8_EXT:
      case SMALL_ATOM_UTF8_EXT:
        return decode_atom(in_);
      default:
        in_.u8();
    }
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
  std::vector<Open> open_;
  std::size_t owed_ = 0;
};

// Inflates the zlib stream at the front of `in` and moves `in` past it.
Bytes inflate(ByteReader& in) {
  const std::size_t size = in.u32();
  // Deflate never compresses by more than 1032 to 1.
  if (size > kMaxInflated || size / 1032 > in.left())
    refuse("compressed term of " + std::to_string(size) + " bytes");

  struct Stream : z_stream {
    Stream() : z_stream{} {
      if (inflateInit(this) != Z_OK) throw Error("zlib: cannot start");
    }
    Stream(const Stream&) = delete;
    Stream& operator=(const Stream&) = delete;
    ~Stream() { inflateEnd(this); }
  } stream;

  ByteReader ahead = in;
  const BytesView compressed = ahead.rest().substr(0, std::numeric_limits<uInt>::max());
  Bytes out(size + 1, '\0');  // one byte more than announced, to detect excess data
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(compressed.data()));
  stream.avail_in = static_cast<uInt>(compressed.size());
  stream.next_out = reinterpret_cast<Bytef*>(out.data());
  stream.avail_out = static_cast<uInt>(out.size());
  if (::inflate(&stream, Z_FINISH) != Z_STREAM_END || stream.total_out != size)
    refuse("compressed term that does not inflate to its " + std::to_string(size) + " bytes");
  in.take(stream.total_in);
  out.resize(size);
  return out;
}

}  // namespace

Term decode_term_body(ByteReader& reader) {
  return reading([&] { return Decoder(reader).decode(); });
}

Term decode_term(ByteReader& reader) {
  return reading([&] {
    if (const std::uint8_t version = reader.u8(); version != kVersion)
      refuse("found version " + std::to_string(version) + ", expected 131");
    if (reader.peek() != COMPRESSED) return Decoder(reader).decode();
    reader.u8();
    const Bytes inflated = inflate(reader);
    ByteReader inner(inflated);
    Term term = Decoder(inner).decode();
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
