// SPDX-License-Identifier: BSD-3-Clause
#include "supervisor_init.hpp"

#include <algorithm>
#include <map>
#include <optional>
#include <set>
#include <string>

#include "instructions.hpp"
#include "known_calls.hpp"
#include "opcodes.hpp"
#include "understood.hpp"

// init/1 and all functions of its module that it reaches are read instruction by instruction. A call to
// another module counts as an effect unless the function is known to only compute or look something up. So do
// messages, and calls whose target is only known at run time.

namespace erlrc {
namespace {

struct Created {
  std::size_t import;
  std::uint32_t name;  // an atom
};

struct Function {
  std::vector<std::uint64_t> calls;  // labels
  std::vector<std::uint64_t> funs;   // numbers
  std::vector<std::uint64_t> imports;
  std::vector<Created> named;  // calls whose first argument is an atom
  std::set<std::string> effects;
  bool catches = false;
};

class InitReader {
public:
  explicit InitReader(const InitCode& module) : module_(module) {}

  SupervisorInit read() {
    BeamInstructions instructions(instructions_of(module_.code_chunk));
    while (const BeamInstruction* instruction = instructions.next()) {
      if (instruction->opcode == kEndOfCode) break;
      note(*instruction);
    }
    if (!init_) return {{"an init/1 that was not found"}, {}, {}, {}};
    reach(*init_);
    return result();
  }

private:
  static std::uint64_t value(const BeamInstruction& instruction, std::size_t operand) {
    return instruction.operands[operand].value;
  }

  void begin_function(const BeamInstruction& instruction) {
    functions_.emplace_back();
    const bool is_init = value(instruction, 2) == 1 &&
                         module_.atom(static_cast<std::uint32_t>(value(instruction, 1))).name == "init";
    if (is_init) init_ = functions_.size() - 1;
  }

  void note(const BeamInstruction& instruction) {
    if (instruction.opcode == kFuncInfo) return begin_function(instruction);
    // The label before a func_info is not the label of a function that can be called.
    if (functions_.empty()) return;
    Function& function = functions_.back();
    switch (instruction.opcode) {
      case kLabel:
        labels_[value(instruction, 0)] = functions_.size() - 1;
        break;
      case kCall:
      case kCallLast:
      case kCallOnly:
        function.calls.push_back(value(instruction, 1));
        break;
      case kCallExt:
      case kCallExtLast:
      case kCallExtOnly:
        function.imports.push_back(value(instruction, 1));
        if (first_argument_) function.named.push_back({value(instruction, 1), *first_argument_});
        break;
      case kMakeFun2:
      case kMakeFun3:
        function.funs.push_back(value(instruction, 0));
        break;
      case kSend:
      case kLoopRec:
      case kWait:
      case kWaitTimeout:
        function.effects.insert("messages");
        break;
      case kCallFun:
      case kCallFun2:
      case kApply:
      case kApplyLast:
        function.effects.insert("what is only known at run time");
        break;
      case kCatch:
      case kTry:
        function.catches = true;
        break;
      default:
        break;
    }
    note_first_argument(instruction);
  }

  void note_first_argument(const BeamInstruction& instruction) {
    if (instruction.opcode == kLine) return;
    const auto& [from, to] = std::tie(instruction.operands[0], instruction.operands[1]);
    if (instruction.opcode != kMove) {
      first_argument_.reset();
    } else if (to.tag == Operand::kX && to.value == 0) {
      first_argument_.reset();
      if (from.tag == Operand::kAtom) first_argument_ = static_cast<std::uint32_t>(from.value);
    }
  }

  /// A list of what to visit, since a chain of calls may be as long as the file.
  void reach(std::size_t first) {
    std::vector<std::size_t> open{first};
    while (!open.empty()) {
      const std::size_t index = open.back();
      open.pop_back();
      if (!reached_.insert(index).second) continue;
      const Function& function = functions_[index];
      for (const std::uint64_t label : function.calls)
        open.push_back(function_at(label));
      for (const std::uint64_t number : function.funs)
        if (number < module_.fun_labels.size()) open.push_back(function_at(module_.fun_labels[number]));
    }
  }

  std::size_t function_at(std::uint64_t label) const {
    const auto found = labels_.find(label);
    if (found == labels_.end()) throw Unreadable{};
    return found->second;
  }

  const ImportedFunction& import(std::uint64_t number) const {
    if (number >= module_.imports.size()) throw Unreadable{};
    return module_.imports[number];
  }

  SupervisorInit result() const {
    std::set<std::string> effects;
    std::set<Atom> tables, names, asks;
    bool guarded = false;
    for (const std::size_t index : reached_) {
      const Function& function = functions_[index];
      effects.insert(function.effects.begin(), function.effects.end());
      guarded = guarded || function.catches;
      for (const std::uint64_t number : function.imports) {
        const auto& [module, called] = import(number);
        asks.insert(module);
        guarded = guarded || is_guard(import(number));
        if (!only_computes(import(number)))
          effects.insert(module.name + ":" + called.name.name + "/" + std::to_string(called.arity));
      }
      for (const auto& [number, name] : function.named) {
        const auto& [module, called] = import(number);
        if (module.name == "ets" && called.name.name == "new" && module_.names_tables)
          tables.insert(module_.atom(name));
        if (module.name == "erlang" && called.name.name == "register") names.insert(module_.atom(name));
      }
    }
    SupervisorInit made{{effects.begin(), effects.end()}, {}, {}, {asks.begin(), asks.end()}};
    if (guarded) return made;
    made.tables.assign(tables.begin(), tables.end());
    made.names.assign(names.begin(), names.end());
    return made;
  }

  const InitCode& module_;
  std::vector<Function> functions_;
  std::map<std::uint64_t, std::size_t> labels_;  // -> functions_
  std::optional<std::size_t> init_;
  std::set<std::size_t> reached_;
  std::optional<std::uint32_t> first_argument_;  // the atom that the last move put into x0
};

}  // namespace

SupervisorInit read_supervisor_init(const InitCode& module) {
  return understood_or(SupervisorInit{{"instructions unknown to erlrc"}, {}, {}, {}},
                       [&] { return InitReader(module).read(); });
}

}  // namespace erlrc
