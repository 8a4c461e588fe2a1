// SPDX-License-Identifier: BSD-3-Clause
#include <erlrc/script/instruction.hpp>

namespace erlrc {

LowLevel::LowLevel(const LowLevel&) = default;
LowLevel::LowLevel(LowLevel&&) noexcept = default;
LowLevel& LowLevel::operator=(const LowLevel&) = default;
LowLevel& LowLevel::operator=(LowLevel&&) noexcept = default;
LowLevel::~LowLevel() = default;
bool LowLevel::operator==(const LowLevel& other) const {
  return static_cast<const LowLevelKinds&>(*this) == static_cast<const LowLevelKinds&>(other);
}

Instruction::Instruction(const Instruction&) = default;
Instruction::Instruction(Instruction&&) noexcept = default;
Instruction& Instruction::operator=(const Instruction&) = default;
Instruction& Instruction::operator=(Instruction&&) noexcept = default;
Instruction::~Instruction() = default;
bool Instruction::operator==(const Instruction& other) const {
  return static_cast<const InstructionKinds&>(*this) == static_cast<const InstructionKinds&>(other);
}

}  // namespace erlrc
