// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <cstdint>
#include <optional>
#include <stdexcept>

#include <erlrc/base/bytes.hpp>
#include <erlrc/term/term.hpp>

// The content of << and >> (Erlang reference manual, "Bit Syntax Expressions"): segments and their bits.

namespace erlrc {

/// A segment that Erlang would refuse. The parser, which knows its position, turns it into a SyntaxError.
class BadSegment : public std::runtime_error {
public:
  using std::runtime_error::runtime_error;
};

/// Larger segments are refused: a few characters of text must not take gigabytes of memory.
constexpr std::uint64_t kMaxSegmentBits = 1 << 20;

/// The bits of a binary, most significant first.
class BitWriter {
public:
  void put_bit(bool bit);
  void put_byte(std::uint8_t byte);
  void put_bytes(BytesView bytes);

  /// A Binary, or a BitString if the number of bits is not a multiple of eight.
  Term take();

private:
  Bytes bytes_;
  std::uint8_t last_bits_ = 8;
};

/// The specification after a value: `Value:size/type-endianness-unit`.
struct Segment {
  enum Type : std::uint8_t { kInteger, kFloat, kUtf8, kUtf16, kUtf32, kBinary };

  std::optional<std::uint64_t> size;
  std::uint64_t unit = 1;
  Type type = kInteger;
  bool little = false;
};

/// How many bits an integer or a float takes, which may be too many.
std::uint64_t bits_of(const Segment& segment);

/// Appends the bits of `value` as specified by `segment`. Throws BadSegment.
void put_segment(const Term& value, const Segment& segment, BitWriter& out);

}  // namespace erlrc
