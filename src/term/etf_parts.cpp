// SPDX-License-Identifier: BSD-3-Clause
#include "etf_parts.hpp"

#include <algorithm>
#include <bit>
#include <charconv>
#include <cmath>
#include <string>
#include <utility>
#include <variant>

#include <erlrc/base/error.hpp>
#include <erlrc/base/utf8.hpp>

#include "etf_tags.hpp"

namespace erlrc::etf {
namespace {

constexpr std::size_t kMaxReferenceWords = 5;

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

}  // namespace

[[noreturn]] void refuse(const std::string& why) {
  throw ProtocolError("external term: " + why);
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

namespace {

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

}  // namespace

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

}  // namespace erlrc::etf
