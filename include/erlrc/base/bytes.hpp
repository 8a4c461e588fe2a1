// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <cstddef>
#include <cstdint>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>

// Big-endian reading and writing, for the distribution protocol, the external term format and BEAM files.
// Bytes are kept in std::string: no copies between text and bytes, and cheap appending.

namespace erlrc {

using Bytes = std::string;
using BytesView = std::string_view;

/// Thrown by a read past the end. Callers turn it into their own Error (with the file or the
/// peer).
class ShortRead : public std::runtime_error {
public:
  ShortRead(std::size_t expected, std::size_t left)
      : std::runtime_error("cut short: " + std::to_string(expected) + " bytes expected, " +
                           std::to_string(left) + " left") {}
};

/// Reads from the front of a view that must outlive it. Every read throws ShortRead if too few bytes are
/// left.
class ByteReader {
public:
  explicit ByteReader(BytesView bytes) : bytes_(bytes) {}

  std::size_t left() const { return bytes_.size() - at_; }
  std::size_t position() const { return at_; }
  bool empty() const { return left() == 0; }

  std::uint8_t u8() { return static_cast<std::uint8_t>(take(1)[0]); }
  std::uint16_t u16() { return static_cast<std::uint16_t>(big_endian(2)); }
  std::uint32_t u32() { return static_cast<std::uint32_t>(big_endian(4)); }
  std::uint64_t u64() { return big_endian(8); }
  std::int32_t i32() { return static_cast<std::int32_t>(u32()); }

  /// The next `count` bytes; the view is into the reader's own bytes.
  BytesView take(std::size_t count) {
    if (count > left()) throw ShortRead(count, left());
    BytesView taken = bytes_.substr(at_, count);
    at_ += count;
    return taken;
  }
  BytesView rest() { return take(left()); }
  std::uint8_t peek() const {
    if (empty()) throw ShortRead(1, 0);
    return static_cast<std::uint8_t>(bytes_[at_]);
  }

private:
  std::uint64_t big_endian(std::size_t count) {
    std::uint64_t value = 0;
    for (char byte : take(count))
      value = value << 8 | static_cast<std::uint8_t>(byte);
    return value;
  }

  BytesView bytes_;
  std::size_t at_ = 0;
};

/// Appends to a Bytes it owns; `take()` hands them over.
class ByteWriter {
public:
  ByteWriter& u8(std::uint8_t value) { return big_endian(value, 1); }
  ByteWriter& u16(std::uint16_t value) { return big_endian(value, 2); }
  ByteWriter& u32(std::uint32_t value) { return big_endian(value, 4); }
  ByteWriter& u64(std::uint64_t value) { return big_endian(value, 8); }
  ByteWriter& bytes(BytesView value) {
    out_.append(value);
    return *this;
  }
  /// Makes room for so many bytes in all, so that many writes do not move the bytes again and again.
  ByteWriter& reserve(std::size_t size) {
    out_.reserve(size);
    return *this;
  }
  std::size_t size() const { return out_.size(); }
  const Bytes& written() const { return out_; }
  Bytes take() { return std::move(out_); }

private:
  ByteWriter& big_endian(std::uint64_t value, int count) {
    for (int shift = (count - 1) * 8; shift >= 0; shift -= 8)
      out_.push_back(static_cast<char>(value >> shift & 0xff));
    return *this;
  }

  Bytes out_;
};

}  // namespace erlrc
