// SPDX-License-Identifier: BSD-3-Clause
#include "beam_code.hpp"

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>

// Nothing but the instruction itself tells that a module has an on_load function: the compiler drops the
// attribute and puts `on_load` (opcode 149) behind the entry label of the function. To know an opcode from an
// operand, all instructions before it must be read, and for that their numbers of operands (genop.tab of the
// compiler).
//
// Reading every instruction of every module is the larger part of reading a module, and few have an on_load.
// So first the bytes are looked through for what the compiler always writes there: the end of a func_info of
// arity 0, a label, on_load. Only where those bytes occur are the instructions read, to tell a true on_load
// from operands that look alike.

namespace erlrc {
namespace {

constexpr std::uint8_t kLabel = 1;
constexpr std::uint8_t kEndOfCode = 3;
constexpr char kOnLoad = static_cast<char>(149);

// The number of operands of each opcode, counted from 1; the same in OTP 23 to 29, which only added at the
// end.
constexpr std::array<std::uint8_t, 191> kOperands{
    1, 3, 0, 2, 3, 2, 2, 3, 2, 4, 5, 2, 3, 2, 3, 2, 1, 1, 0, 0, 0, 0, 2, 1, 1, 2, 4, 4, 4, 4, 4, 4,
    4, 4, 4, 4, 4, 3, 3, 3, 3, 3, 3, 3, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 3, 3, 3, 1, 2, 1, 2,
    3, 3, 3, 3, 3, 2, 1, 1, 0, 1, 1, 3, 2, 2, 2, 5, 5, 5, 4, 2, 1, 1, 2, 2, 5, 5, 5, 2, 1, 0, 1, 2,
    2, 4, 4, 4, 4, 3, 1, 2, 1, 1, 1, 2, 6, 3, 5, 1, 2, 2, 3, 5, 7, 7, 7, 5, 3, 2, 2, 5, 6, 2, 2, 2,
    2, 1, 3, 4, 0, 8, 6, 2, 6, 5, 4, 5, 4, 5, 4, 3, 3, 3, 3, 3, 0, 1, 1, 7, 1, 5, 5, 2, 3, 3, 4, 0,
    0, 2, 2, 2, 3, 4, 3, 2, 2, 4, 3, 1, 2, 1, 1, 1, 6, 3, 0, 1, 5, 3, 2, 4, 6, 2, 4, 3, 6, 3, 5};

// What makes it impossible to go on reading instructions: an opcode or an operand of a later OTP, or bytes
// that are no code at all. Which of the two cannot be told apart here.
struct Unreadable {};

class Instructions {
public:
  explicit Instructions(BytesView code) : code_(code) {}

  // The next opcode, its operands skipped; nullopt at the end.
  std::optional<std::uint8_t> next() {
    if (code_.empty()) return std::nullopt;
    std::uint8_t opcode = code_.u8();
    if (opcode == 0 || opcode > kOperands.size()) throw Unreadable{};
    for (int operand = 0; operand < kOperands[opcode - 1u]; ++operand)
      skip_operand();
    return opcode;
  }

private:
  enum Tag : std::uint8_t { kExtended = 7 };
  enum Extended : std::uint8_t { kFloat, kList, kFloatRegister, kAllocList, kLiteral, kTypedRegister };

  // Reads the number of an operand whose first byte is `first`. Of one that needs more than 8 bytes (a large
  // integer) the high end is lost: it can only be a value, never a count.
  std::uint64_t number(std::uint8_t first, bool is_length = false) {
    if ((first & 0x08) == 0) return first >> 4;
    if ((first & 0x10) == 0) return std::uint64_t{first & 0xe0u} << 3 | code_.u8();
    std::uint64_t length = (first >> 5) + 2u;
    if (length == 9) {
      if (is_length) throw Unreadable{};  // input could nest the length of a length without end
      length += number(code_.u8(), true);
    }
    if (length > code_.left()) throw Unreadable{};
    std::uint64_t value = 0;
    for (char byte : code_.take(static_cast<std::size_t>(length)))
      value = value << 8 | static_cast<std::uint8_t>(byte);
    return value;
  }

  void skip_operand() {
    std::uint8_t first = code_.u8();
    if ((first & 7) != kExtended) {
      number(first);
      return;
    }
    if ((first & 0x08) != 0) throw Unreadable{};
    switch (first >> 4) {
      case kFloat:
        code_.take(8);
        return;
      case kList:
        skip_simple(number(code_.u8()));
        return;
      case kFloatRegister:
      case kLiteral:
        skip_simple(1);
        return;
      case kAllocList:
        skip_simple(2 * number(code_.u8()));
        return;
      case kTypedRegister:
        skip_simple(2);
        return;
      default:
        throw Unreadable{};
    }
  }

  // Elements of lists may be literals and typed registers, but never lists.
  void skip_simple(std::uint64_t count) {
    for (; count > 0; --count) {
      std::uint8_t first = code_.u8();
      if ((first & 7) != kExtended) {
        number(first);
        continue;
      }
      switch (first >> 4) {
        case kFloatRegister:
        case kLiteral:
          number(code_.u8());
          break;
        case kTypedRegister:
          number(code_.u8());
          number(code_.u8());
          break;
        default:
          throw Unreadable{};
      }
    }
  }

  ByteReader code_;
};

// How many bytes the operand takes that starts with `first`, for the lengths that labels have.
std::size_t label_length(char first) {
  auto byte = static_cast<std::uint8_t>(first);
  if ((byte & 0x08) == 0) return 1;
  if ((byte & 0x10) == 0) return 2;
  return 3u + (byte >> 5);
}

// Whether the bytes before `at` end a func_info of arity 0 that a label follows.
bool follows_entry_label(BytesView code, std::size_t at) {
  for (std::size_t length = 1; length <= 5 && at >= length + 2; ++length)
    if (label_length(code[at - length]) == length && code[at - length - 1] == kLabel &&
        code[at - length - 2] == 0)
      return true;
  return false;
}

bool looks_like_on_load(BytesView code) {
  for (auto at = code.find(kOnLoad); at != BytesView::npos; at = code.find(kOnLoad, at + 1))
    if (follows_entry_label(code, at)) return true;
  return false;
}

bool instructions_hold_on_load(BytesView code) {
  Instructions instructions(code);
  while (auto opcode = instructions.next()) {
    if (*opcode == static_cast<std::uint8_t>(kOnLoad)) return true;
    if (*opcode == kEndOfCode) return false;
  }
  return false;
}

}  // namespace

bool holds_on_load(BytesView code_chunk) {
  ByteReader reader(code_chunk);
  reader.take(reader.u32());  // the header says its own length, so that it can grow
  BytesView code = reader.rest();
  if (!looks_like_on_load(code)) return false;
  try {
    return instructions_hold_on_load(code);
  } catch (const Unreadable&) {
    return true;
  } catch (const ShortRead&) {
    return true;
  }
}

}  // namespace erlrc
