// SPDX-License-Identifier: BSD-3-Clause
#include "code_chunk.hpp"

#include <cstddef>
#include <cstdint>

#include "instructions.hpp"
#include "understood.hpp"

// Only the instruction itself shows that a module has an on_load function: the compiler drops the attribute
// and puts `on_load` (opcode 149) after the entry label of the function. To distinguish an opcode from an
// operand, all instructions before it must be read (instructions.hpp).
//
// Reading every instruction is the larger part of reading a module, and few modules have an on_load function.
// So the bytes are first searched for what the compiler always writes there: the end of a func_info of arity
// 0, a label, on_load. Only if those bytes occur are the instructions read, to distinguish a true on_load
// from operands that look the same.

namespace erlrc {
namespace {

constexpr std::uint8_t kLabel = 1;
constexpr std::uint8_t kEndOfCode = 3;
constexpr char kOnLoad = static_cast<char>(149);

// Number of bytes of the operand that starts with `first`, for the lengths that labels have.
std::size_t label_length(char first) {
  auto byte = static_cast<std::uint8_t>(first);
  if ((byte & 0x08) == 0) return 1;
  if ((byte & 0x10) == 0) return 2;
  return 3u + (byte >> 5);
}

// Whether the bytes before `at` end a func_info of arity 0 followed by a label.
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
  BeamInstructions instructions(code);
  while (const BeamInstruction* instruction = instructions.next()) {
    if (instruction->opcode == static_cast<std::uint8_t>(kOnLoad)) return true;
    if (instruction->opcode == kEndOfCode) return false;
  }
  return false;
}

}  // namespace

bool holds_on_load(BytesView code_chunk) {
  const BytesView code = instructions_of(code_chunk);
  if (!looks_like_on_load(code)) return false;
  return understood_or(true, [&] { return instructions_hold_on_load(code); });
}

}  // namespace erlrc
