// SPDX-License-Identifier: BSD-3-Clause
#include "bit_syntax.hpp"

#include <algorithm>
#include <bit>
#include <string>
#include <utility>
#include <variant>

#include <erlrc/base/utf8.hpp>

namespace erlrc {
namespace {

// The lowest `count` bytes of an integer in two's complement, little endian.
Bytes low_bytes(const Term& integer, std::size_t count) {
  Bytes bytes(count, '\0');
  if (const auto* value = std::get_if<std::int64_t>(&integer.value)) {
    for (std::size_t i = 0; i < count; ++i)
      bytes[i] = static_cast<char>(*value >> std::min<std::size_t>(i * 8, 63));
    return bytes;
  }
  const auto& big = std::get<BigInteger>(integer.value);
  std::copy_n(big.magnitude.begin(), std::min(count, big.magnitude.size()), bytes.begin());
  if (big.negative) {
    int carry = 1;
    for (char& byte : bytes) {
      carry += static_cast<std::uint8_t>(~byte);
      byte = static_cast<char>(carry & 0xff);
      carry >>= 8;
    }
  }
  return bytes;
}

void put_integer(const Term& value, std::uint64_t bits, bool little, BitWriter& out) {
  const Bytes bytes = low_bytes(value, static_cast<std::size_t>(bits + 7) / 8);
  const auto put = [&](std::uint64_t i) {
    out.put_bit((static_cast<std::uint8_t>(bytes[i / 8]) >> (i % 8) & 1) != 0);
  };
  if (!little) {
    for (std::uint64_t i = bits; i-- > 0;)
      put(i);
    return;
  }
  // Writes whole bytes from the low end; the remaining bits are the highest ones.
  for (std::uint64_t at = 0; at < bits; at += 8)
    for (std::uint64_t i = std::min(at + 8, bits); i-- > at;)
      put(i);
}

void put_float(const Term& value, std::uint64_t bits, bool little, BitWriter& out) {
  double real = 0;
  if (const auto* integer = std::get_if<std::int64_t>(&value.value))
    real = static_cast<double>(*integer);
  else if (const auto* number = std::get_if<double>(&value.value))
    real = *number;
  else
    throw BadSegment("found an integer too large for a float");
  if (bits == 64)
    put_integer(std::bit_cast<std::int64_t>(real), bits, little, out);
  else if (bits == 32)
    put_integer(std::int64_t{std::bit_cast<std::uint32_t>(static_cast<float>(real))}, bits, little, out);
  else
    throw BadSegment("found a float of " + std::to_string(bits) + " bits, expected 32 or 64");
}

void put_character(const Term& value, const Segment& segment, BitWriter& out) {
  const auto* integer = std::get_if<std::int64_t>(&value.value);
  std::string utf8;
  if (integer == nullptr || *integer < 0 || *integer > 0x10ffff ||
      !append_utf8(static_cast<std::uint32_t>(*integer), utf8))
    throw BadSegment("found a number that is not a character");
  if (segment.type == Segment::kUtf8) {
    out.put_bytes(utf8);
  } else if (segment.type == Segment::kUtf32) {
    put_integer(*integer, 32, segment.little, out);
  } else if (*integer < 0x10000) {
    put_integer(*integer, 16, segment.little, out);
  } else {
    put_integer(0xd800 + ((*integer - 0x10000) >> 10), 16, segment.little, out);
    put_integer(0xdc00 + ((*integer - 0x10000) & 0x3ff), 16, segment.little, out);
  }
}

}  // namespace

void BitWriter::put_bit(bool bit) {
  if (last_bits_ == 8) {
    bytes_.push_back('\0');
    last_bits_ = 0;
  }
  if (bit) bytes_.back() = static_cast<char>(bytes_.back() | 0x80 >> last_bits_);
  ++last_bits_;
}

void BitWriter::put_byte(std::uint8_t byte) {
  if (last_bits_ == 8) {
    bytes_.push_back(static_cast<char>(byte));
    return;
  }
  for (int bit = 7; bit >= 0; --bit)
    put_bit((byte >> bit & 1) != 0);
}

void BitWriter::put_bytes(BytesView bytes) {
  for (char byte : bytes)
    put_byte(static_cast<std::uint8_t>(byte));
}

Term BitWriter::take() {
  if (last_bits_ == 8) return Binary{std::move(bytes_)};
  return BitString{std::move(bytes_), last_bits_};
}

std::uint64_t bits_of(const Segment& segment) {
  return segment.size.value_or(segment.type == Segment::kFloat ? 64 : 8) * segment.unit;
}

void put_segment(const Term& value, const Segment& segment, BitWriter& out) {
  const std::uint64_t bits = bits_of(segment);
  if (bits > kMaxSegmentBits) throw BadSegment("found a segment of " + std::to_string(bits) + " bits");
  switch (segment.type) {
    case Segment::kInteger:
      if (std::holds_alternative<double>(value.value)) throw BadSegment("found a float, expected an integer");
      return put_integer(value, bits, segment.little, out);
    case Segment::kFloat:
      return put_float(value, bits, segment.little, out);
    case Segment::kUtf8:
    case Segment::kUtf16:
    case Segment::kUtf32:
      return put_character(value, segment, out);
    case Segment::kBinary:
      throw BadSegment("found a number, expected a binary");
  }
}

}  // namespace erlrc
