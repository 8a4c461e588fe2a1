// SPDX-License-Identifier: BSD-3-Clause
#include "awaits.hpp"

#include <algorithm>
#include <utility>

#include <erlrc/base/error.hpp>

#include "instructions.hpp"
#include "opcodes.hpp"
#include "understood.hpp"

// A loop of sys(3erl) matches {system, From, Request}, so its function compares something with that atom. A
// receive that takes any message, for another function to match, has no loop_rec_end.

namespace erlrc {
namespace {

class AwaitsReader {
public:
  explicit AwaitsReader(const std::function<Atom(std::uint32_t)>& atom) : atom_(atom) {}

  std::vector<FunctionName> read(BytesView code) {
    BeamInstructions instructions(code);
    while (const BeamInstruction* instruction = instructions.next()) {
      if (instruction->opcode == kEndOfCode) break;
      if (instruction->opcode == kFuncInfo)
        begin_function(*instruction);
      else
        note(*instruction);
    }
    end_function();
    return std::move(found_);
  }

private:
  void begin_function(const BeamInstruction& instruction) {
    end_function();
    function_ = {atom_(static_cast<std::uint32_t>(instruction.operands[1].value)),
                 static_cast<std::uint32_t>(instruction.operands[2].value)};
  }

  void end_function() {
    if (selects_ && !takes_system_messages_) found_.push_back(function_);
    selects_ = takes_system_messages_ = false;
  }

  void note(const BeamInstruction& instruction) {
    selects_ = selects_ || instruction.opcode == kLoopRecEnd;
    const auto names_system = [this](const Operand& operand) {
      return operand.tag == Operand::kAtom && operand.value != 0 &&
             atom_(static_cast<std::uint32_t>(operand.value)).name == "system";
    };
    takes_system_messages_ = takes_system_messages_ ||
                             std::ranges::any_of(instruction.operands, names_system) ||
                             std::ranges::any_of(instruction.list, names_system);
  }

  const std::function<Atom(std::uint32_t)>& atom_;
  std::vector<FunctionName> found_;
  FunctionName function_;
  bool selects_ = false;
  bool takes_system_messages_ = false;
};

}  // namespace

std::vector<FunctionName> read_awaits(BytesView code_chunk, const std::function<Atom(std::uint32_t)>& atom) {
  return understood_or(std::vector<FunctionName>{},
                       [&] { return AwaitsReader(atom).read(instructions_of(code_chunk)); });
}

}  // namespace erlrc
