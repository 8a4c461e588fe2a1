// SPDX-License-Identifier: BSD-3-Clause
#include "instructions.hpp"

#include <algorithm>

#include "opcodes.hpp"

namespace erlrc {
namespace {

// The number of operands of each opcode, counted from 1; the same in OTP 23 to 29, which only added opcodes
// at the end.
constexpr std::array<std::uint8_t, 191> kOperands{
    1, 3, 0, 2, 3, 2, 2, 3, 2, 4, 5, 2, 3, 2, 3, 2, 1, 1, 0, 0, 0, 0, 2, 1, 1, 2, 4, 4, 4, 4, 4, 4,
    4, 4, 4, 4, 4, 3, 3, 3, 3, 3, 3, 3, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 3, 3, 3, 1, 2, 1, 2,
    3, 3, 3, 3, 3, 2, 1, 1, 0, 1, 1, 3, 2, 2, 2, 5, 5, 5, 4, 2, 1, 1, 2, 2, 5, 5, 5, 2, 1, 0, 1, 2,
    2, 4, 4, 4, 4, 3, 1, 2, 1, 1, 1, 2, 6, 3, 5, 1, 2, 2, 3, 5, 7, 7, 7, 5, 3, 2, 2, 5, 6, 2, 2, 2,
    2, 1, 3, 4, 0, 8, 6, 2, 6, 5, 4, 5, 4, 5, 4, 3, 3, 3, 3, 3, 0, 1, 1, 7, 1, 5, 5, 2, 3, 3, 4, 0,
    0, 2, 2, 2, 3, 4, 3, 2, 2, 4, 3, 1, 2, 1, 1, 1, 6, 3, 0, 1, 5, 3, 2, 4, 6, 2, 4, 3, 6, 3, 5};

// No compiler makes so much; a compressed file of some kilobytes could. A function or a label takes a hundred
// times the memory that it takes in the file.
constexpr std::size_t kLargestCode = std::size_t{16} << 20;
constexpr std::size_t kMostFunctions = std::size_t{1} << 19;
constexpr std::size_t kMostLabels = std::size_t{1} << 20;
constexpr std::uint64_t kLongestList = std::uint64_t{1} << 18;

enum Extended : std::uint8_t { kFloat, kList, kFloatRegister, kAllocList, kLiteral, kTypedRegister };

}  // namespace

BeamInstructions::BeamInstructions(BytesView code) : code_(code) {
  if (code.size() > kLargestCode) throw Unreadable{};
}

const BeamInstruction* BeamInstructions::next() {
  if (code_.empty()) return nullptr;
  current_.opcode = code_.u8();
  current_.list.clear();
  if (current_.opcode == 0 || current_.opcode > kOperands.size()) throw Unreadable{};
  const std::size_t count = kOperands[current_.opcode - 1u];
  for (std::size_t i = 0; i < count; ++i)
    current_.operands[i] = operand();
  std::fill(current_.operands.begin() + static_cast<std::ptrdiff_t>(count), current_.operands.end(),
            Operand{});
  if (current_.opcode == kFuncInfo && ++functions_ > kMostFunctions) throw Unreadable{};
  if (current_.opcode == kLabel && ++labels_ > kMostLabels) throw Unreadable{};
  return &current_;
}

// The number of an operand whose first byte is `first`. A number of more than 8 bytes (a large integer) loses
// its high end: it can only be a value, never a count.
std::uint64_t BeamInstructions::number(std::uint8_t first, bool is_length) {
  if ((first & 0x08) == 0) return first >> 4;
  if ((first & 0x10) == 0) return std::uint64_t{first & 0xe0u} << 3 | code_.u8();
  std::uint64_t length = (first >> 5) + 2u;
  if (length == 9) {
    if (is_length) throw Unreadable{};  // hostile input could nest lengths of lengths without limit
    length += number(code_.u8(), true);
  }
  if (length > code_.left()) throw Unreadable{};
  std::uint64_t value = 0;
  for (char byte : code_.take(static_cast<std::size_t>(length)))
    value = value << 8 | static_cast<std::uint8_t>(byte);
  return value;
}

Operand BeamInstructions::operand() {
  std::uint8_t first = code_.u8();
  if ((first & 7) != Operand::kExtended) return {static_cast<Operand::Tag>(first & 7), number(first)};
  if ((first & 0x08) != 0) throw Unreadable{};
  switch (first >> 4) {
    case kFloat: {
      std::uint64_t bits = 0;
      for (const char byte : code_.take(8))
        bits = bits << 8 | static_cast<std::uint8_t>(byte);
      return {Operand::kExtended, bits};
    }
    case kList:
      read_list();
      break;
    case kLiteral:
      return {Operand::kLiteral, number(code_.u8())};
    case kFloatRegister:
      return {Operand::kExtended, number(code_.u8())};
    case kAllocList:
      skip_simple(2 * number(code_.u8()));
      break;
    case kTypedRegister:
      return typed_register();
    default:
      throw Unreadable{};
  }
  return {Operand::kExtended, 0};
}

void BeamInstructions::read_list() {
  std::uint64_t left = number(code_.u8());
  if (left > kLongestList - current_.list.size()) throw Unreadable{};
  for (; left > 0; --left)
    current_.list.push_back(simple());
}

// Elements of lists may be literals and typed registers, but never lists.
Operand BeamInstructions::simple() {
  const std::uint8_t first = code_.u8();
  if ((first & 7) != Operand::kExtended) return {static_cast<Operand::Tag>(first & 7), number(first)};
  switch (first >> 4) {
    case kLiteral:
      return {Operand::kLiteral, number(code_.u8())};
    case kFloatRegister:
      return {Operand::kExtended, number(code_.u8())};
    case kTypedRegister:
      return typed_register();
    default:
      throw Unreadable{};
  }
}

// Which register it is, in one number; its type does not count.
Operand BeamInstructions::typed_register() {
  const std::uint8_t first = code_.u8();
  const std::uint64_t index = number(first);
  number(code_.u8());
  return {Operand::kExtended, index << 3 | (first & 7U)};
}

void BeamInstructions::skip_simple(std::uint64_t count) {
  for (; count > 0; --count)
    simple();
}

BytesView instructions_of(BytesView code_chunk) {
  ByteReader reader(code_chunk);
  reader.take(reader.u32());  // the header contains its own length, so that it can grow
  return reader.rest();
}

}  // namespace erlrc
