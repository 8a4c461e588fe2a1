// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

#include <erlrc/base/bytes.hpp>

// The instructions of a Code chunk, one after the other (genop.tab and beam_asm of the compiler).

namespace erlrc {

// The next instruction cannot be read: an opcode or an operand of a later OTP, bytes that are not code at
// all, or more than any compiler makes. The cases cannot be distinguished here.
struct Unreadable {};

struct Operand {
  enum Tag : std::uint8_t { kUnsigned, kInteger, kAtom, kX, kY, kLabel, kCharacter, kExtended, kLiteral };
  Tag tag = kUnsigned;
  std::uint64_t value = 0;  // of a literal its number, of a typed or float register which one it is
};

struct BeamInstruction {
  std::uint8_t opcode = 0;
  std::array<Operand, 8> operands{};
  std::vector<Operand> list{};  // the elements of its list, if it has one
};

class BeamInstructions {
public:
  // `code` is the chunk without its header. Throws Unreadable.
  explicit BeamInstructions(BytesView code);

  // Returns null at the end. Throws Unreadable and ShortRead.
  const BeamInstruction* next();

  // The number of bytes after that.
  std::size_t left() const { return code_.left(); }

private:
  std::uint64_t number(std::uint8_t first, bool is_length = false);
  Operand operand();
  void read_list();
  Operand simple();
  Operand typed_register();
  void skip_simple(std::uint64_t count);

  ByteReader code_;
  BeamInstruction current_;
  std::size_t functions_ = 0, labels_ = 0;
};

// The instructions of a Code chunk, without its header.
BytesView instructions_of(BytesView code_chunk);

}  // namespace erlrc
