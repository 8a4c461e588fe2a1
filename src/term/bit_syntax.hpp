// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <cstdint>
#include <optional>
#include <stdexcept>

#include <erlrc/base/bytes.hpp>
#include <erlrc/term/term.hpp>

// What stands between << and >> (Erlang reference manual, "Bit Syntax Expressions"): segments and the bits
// they make.

namespace erlrc {

/// A segment that Erlang would refuse. The parser, who knows where it stands, turns it into a SyntaxError.
class BadSegment : public std::runtime_error {
public:
  using std::runtime_error::runtime_error;
};

/// Larger segments are refused: a few characters of text must not cost gigabytes.
constexpr std::uint64_t kMaxSegmentBits = 1 << 20;

/// The bits of a binary, most significant first.
class BitWriter {
public:
  void put_bit(bool bit);
  void put_byte(std::uint8_t byte);
  void put_bytes(BytesView bytes);

  /// A Binary, or a BitString if the bits fill no whole number of bytes.
  Term take();

private:
  Bytes bytes_;
  std::uint8_t last_bits_ = 8;
};

/// What is written behind a value: `Value:size/type-endianness-unit`.
struct Segment {
  enum Type : std::uint8_t { kInteger, kFloat, kUtf8, kUtf16, kUtf32, kBinary };

  std::optional<std::uint64_t> size;
  std::uint64_t unit = 1;
  Type type = kInteger;
  bool little = false;
};

/// Appends the bits of `value` as `segment` says. Throws BadSegment.
void put_segment(const Term& value, const Segment& segment, BitWriter& out);

}  // namespace erlrc
