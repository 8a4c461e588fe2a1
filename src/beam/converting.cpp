// SPDX-License-Identifier: BSD-3-Clause
#include "converting.hpp"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <iterator>
#include <map>
#include <vector>

#include "instructions.hpp"
#include "opcodes.hpp"

namespace erlrc {
namespace {

class CallGraph {
public:
  explicit CallGraph(const ShapeCode& module) : module_(module) {
    BeamInstructions instructions(instructions_of(module.code_chunk));
    while (const BeamInstruction* instruction = instructions.next()) {
      if (instruction->opcode == kEndOfCode) break;
      note(*instruction);
    }
  }

  std::set<std::size_t> reached(std::vector<std::size_t> open) const {
    std::set<std::size_t> found;
    while (!open.empty()) {
      const std::size_t next = open.back();
      open.pop_back();
      if (!found.insert(next).second) continue;
      for (const std::uint64_t label : labels_[next])
        if (const auto after = starts_.upper_bound(label); after != starts_.begin())
          open.push_back(std::prev(after)->second);
    }
    return found;
  }

  const std::vector<FunctionName>& functions() const { return functions_; }

private:
  void note(const BeamInstruction& instruction) {
    const auto& operands = instruction.operands;
    if (instruction.opcode == kLabel) last_label_ = operands[0].value;
    if (instruction.opcode == kFuncInfo) {
      // The label before it belongs to its function, too.
      starts_[last_label_] = functions_.size();
      functions_.push_back({module_.atom(static_cast<std::uint32_t>(operands[1].value)),
                            static_cast<std::uint32_t>(operands[2].value)});
      labels_.emplace_back();
    }
    if (functions_.empty()) return;
    switch (instruction.opcode) {
      case kCall:
      case kCallLast:
      case kCallOnly:
        labels_.back().insert(operands[1].value);
        break;
      case kMakeFun2:
      case kMakeFun3:
        if (operands[0].value < module_.fun_labels.size())
          labels_.back().insert(module_.fun_labels[operands[0].value]);
        break;
      default:
        break;
    }
  }

  const ShapeCode& module_;
  std::map<std::uint64_t, std::size_t> starts_;  // the first label of each function
  std::vector<FunctionName> functions_;
  std::vector<std::set<std::uint64_t>> labels_;  // of the functions and funs that each one mentions
  std::uint64_t last_label_ = 0;
};

}  // namespace

bool converts(const FunctionName& function) {
  const auto& [name, arity] = function;
  return (name.name == "code_change" && (arity == 3 || arity == 4)) ||
         (name.name == "system_code_change" && arity == 4);
}

std::set<FunctionName> only_converting(const ShapeCode& module) {
  if (std::ranges::none_of(module.exports, converts)) return {};
  const CallGraph graph(module);
  std::vector<std::size_t> converting, others;
  for (std::size_t i = 0; i < graph.functions().size(); ++i)
    if (const FunctionName& function = graph.functions()[i]; converts(function))
      converting.push_back(i);
    else if (module.exports.contains(function))
      others.push_back(i);
  const std::set<std::size_t> called = graph.reached(others);
  std::set<FunctionName> found;
  for (const std::size_t each : graph.reached(converting))
    if (!called.contains(each)) found.insert(graph.functions()[each]);
  return found;
}

}  // namespace erlrc
