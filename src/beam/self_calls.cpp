// SPDX-License-Identifier: BSD-3-Clause
#include "self_calls.hpp"

#include <cstddef>
#include <iterator>
#include <map>
#include <set>
#include <stdexcept>
#include <utility>

#include <erlrc/base/error.hpp>

#include "instructions.hpp"
#include "opcodes.hpp"

namespace erlrc {
namespace {

struct Function {
  FunctionName name;
  std::set<std::uint64_t> labels{};  // of functions and funs of the module that it mentions
  std::set<FunctionName> called{};   // by full name
};

class SelfCallReader {
public:
  explicit SelfCallReader(const SelfCallParts& module) : module_(module) {}

  std::vector<SelfCalls> read() {
    BeamInstructions instructions(instructions_of(module_.code_chunk));
    while (const BeamInstruction* instruction = instructions.next()) {
      if (instruction->opcode == kEndOfCode) break;
      note(*instruction);
    }
    std::vector<SelfCalls> found;
    for (std::size_t i = 0; i < functions_.size(); ++i)
      if (auto called = called_by(i); !called.empty())
        found.push_back({functions_[i].name, {called.begin(), called.end()}});
    return found;
  }

private:
  void note(const BeamInstruction& instruction) {
    const auto& operands = instruction.operands;
    if (instruction.opcode == kLabel) last_label_ = operands[0].value;
    if (instruction.opcode == kFuncInfo) {
      // The label before it belongs to its function, too.
      starts_[last_label_] = functions_.size();
      functions_.push_back({{module_.atom(static_cast<std::uint32_t>(operands[1].value)),
                             static_cast<std::uint32_t>(operands[2].value)}});
    }
    if (functions_.empty()) return;
    switch (instruction.opcode) {
      case kCall:
      case kCallLast:
      case kCallOnly:
        functions_.back().labels.insert(operands[1].value);
        break;
      case kMakeFun2:
      case kMakeFun3:
        functions_.back().labels.insert(module_.fun_labels.at(operands[0].value));
        break;
      case kCallExt:
      case kCallExtLast:
      case kCallExtOnly:
        if (const auto& [module, function] = module_.imports.at(operands[1].value); module == module_.module)
          functions_.back().called.insert(function);
        break;
      default:
        break;
    }
  }

  std::set<FunctionName> called_by(std::size_t index) const {
    std::set<FunctionName> called;
    std::set<std::size_t> reached;
    std::vector<std::size_t> open{index};
    while (!open.empty()) {
      const std::size_t next = open.back();
      open.pop_back();
      if (!reached.insert(next).second) continue;
      called.insert(functions_[next].called.begin(), functions_[next].called.end());
      for (const std::uint64_t label : functions_[next].labels)
        if (const auto after = starts_.upper_bound(label); after != starts_.begin())
          open.push_back(std::prev(after)->second);
    }
    return called;
  }

  const SelfCallParts& module_;
  std::map<std::uint64_t, std::size_t> starts_;  // the first label of each function
  std::vector<Function> functions_;
  std::uint64_t last_label_ = 0;
};

}  // namespace

std::vector<SelfCalls> read_self_calls(const SelfCallParts& module) {
  return SelfCallReader(module).read();
}

}  // namespace erlrc
