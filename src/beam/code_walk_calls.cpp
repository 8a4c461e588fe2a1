// SPDX-License-Identifier: BSD-3-Clause
#include "code_walk.hpp"

#include <algorithm>
#include <array>
#include <string>
#include <string_view>

#include "opcodes.hpp"

// What a path does by calls, and by all other instructions.

namespace erlrc {
namespace {

using Kind = PartTest::Kind;

// What fails unless its arguments are of a type.
std::string_view type_for(std::string_view bif) {
  if (bif == "+" || bif == "-" || bif == "*" || bif == "/") return "is_number";
  if (bif == "length") return "is_list";
  if (bif == "hd" || bif == "tl") return "is_nonempty_list";
  if (bif == "map_size") return "is_map";
  if (bif == "tuple_size" || bif == "element") return "is_tuple";
  return {};
}

// Their functions do not need any part of a term that they get.
constexpr auto kTakingAll = std::to_array<std::string_view>(
    {"io", "io_lib", "logger", "error_logger", "gen_server", "gen_statem", "gen_event", "erlang", "maps",
     "Elixir.Map", "Elixir.Kernel", "Elixir.IO", "Elixir.GenServer", "timer"});

}  // namespace

bool CodeWalk::step_bif(Point& at, const BeamInstruction& instruction) {
  const auto& operands = instruction.operands;
  const bool collects = instruction.opcode == kGcBif1 || instruction.opcode == kGcBif2;
  const std::size_t first = collects ? 3 : 2;
  const std::size_t count = instruction.opcode == kBif1 || instruction.opcode == kGcBif1 ? 1 : 2;
  const std::uint64_t import = operands[first - 1].value;
  const std::uint64_t label = operands[0].value;
  const std::string_view name =
      import < module_.imports.size() ? module_.imports[import].function.name.name : std::string_view{};
  const WalkedValue last = value(at, operands[first + count - 1]);
  const auto key = atom(operands[first]);
  WalkedValue result{.holds_state = holds_state(value(at, operands[first])) || holds_state(last)};
  const bool known_key =
      count == 2 && key && last.kind == WalkedValue::Kind::part && !last.put.contains(*key);
  if (name == "is_map_key" && known_key) {
    result = {.kind = WalkedValue::Kind::test, .test = {last.place, Kind::key, *key}};
  } else if (name == "map_get" && known_key) {
    if (label != 0 ? !branch(at, {last.place, Kind::key, *key}, label) : !require_key(at, last, *key))
      return false;
    result = part_of(last, *key);
  } else if (label != 0) {
    jump(at, label);
  } else if (const std::string_view type = type_for(name); !type.empty()) {
    for (std::size_t i = name == "element" ? 1 : 0; i < count; ++i)
      if (!require(at, value(at, operands[first + i]), Kind::type, Atom{std::string(type)})) return false;
  }
  set(at, operands[first + count], std::move(result));
  return true;
}

bool CodeWalk::step_call(Point& at, const BeamInstruction& instruction) {
  const auto& operands = instruction.operands;
  switch (instruction.opcode) {
    case kCall:
      return call_local(at, operands[0].value, operands[1].value, false);
    case kCallLast:
    case kCallOnly:
      return call_local(at, operands[0].value, operands[1].value, true);
    case kCallExt:
      return call_other(at, instruction, false);
    case kCallExtLast:
    case kCallExtOnly:
      return call_other(at, instruction, true);
    case kCallFun:
    case kCallFun2:
    case kApply:
    case kApplyLast: {
      const std::size_t arity = instruction.opcode == kCallFun2 ? 1 : 0;
      escape(at, operands[arity].value + 2);
      at.x.clear();
      return instruction.opcode == kApplyLast ? leave(at) : true;
    }
    case kSend:
      at.x.clear();
      return true;
    default:
      return step_other(at, instruction);
  }
}

// Functions of the module are followed if they get a part of the state, but for recursions.
bool CodeWalk::call_local(Point& at, std::uint64_t arity, std::uint64_t label, bool last) {
  constexpr std::size_t kDeepest = 4;
  std::erase_if(at.x, [&](const auto& each) { return each.first >= arity; });
  const bool gets_state =
      std::ranges::any_of(at.x, [](const auto& each) { return holds_state(each.second); });
  const bool open =
      at.frames.size() < kDeepest && std::ranges::find(at.frames, label, &Frame::called) == at.frames.end();
  if (gets_state && (open || last)) {
    if (!last) at.frames.push_back({at.next, label, std::move(at.y)});
    at.y.clear();
    jump(at, label);
    return false;
  }
  if (gets_state) walked_.escapes = true;
  at.x.clear();
  return last ? leave(at) : true;
}

bool CodeWalk::call_other(Point& at, const BeamInstruction& instruction, bool last) {
  const std::uint64_t import = instruction.operands[1].value;
  WalkedValue result;
  if (import >= module_.imports.size()) return finish(at);
  const ImportedFunction& function = module_.imports[import];
  const std::string& name = function.function.name.name;
  if (function.module.name == "erlang" && (name == "error" || name == "nif_error")) return false;
  // A behaviour takes what a callback throws as what it returns, and exit/1 is meant.
  if (function.module.name == "erlang" && function.function.arity == 1 && (name == "throw" || name == "exit"))
    return finish(at);
  if (!call_maps(at, function)) return false;
  if (std::ranges::find(kTakingAll, function.module.name) == kTakingAll.end())
    escape(at, function.function.arity);
  if (const auto found = at.x.find(0); function.module.name == "maps" || function.module.name == "Elixir.Map")
    result = found == at.x.end() ? WalkedValue{} : found->second;
  at.x.clear();
  if (result != WalkedValue{}) at.x[0] = std::move(result);
  return last ? leave(at) : true;
}

// It may continue at its label, if it has one, and what it writes is not known.
bool CodeWalk::step_other(Point& at, const BeamInstruction& instruction) {
  bool holds = false;
  const auto each = [&](auto&& todo) {
    for (const Operand& operand : instruction.operands)
      todo(operand);
    for (const Operand& operand : instruction.list)
      todo(operand);
  };
  each([&](const Operand& operand) {
    if (operand.tag == Operand::kLabel && operand.value != 0) jump(at, operand.value);
    holds = holds || holds_state(value(at, operand));
  });
  if (instruction.opcode == kMakeFun3 && holds) walked_.escapes = true;
  if (instruction.opcode == kMakeFun2) {
    walked_.escapes = true;
    at.x.clear();
    return true;
  }
  if (instruction.opcode == kPutTuple2) {
    set(at, instruction.operands[0], {.holds_state = holds});
  } else if (instruction.opcode == kPutList) {
    set(at, instruction.operands[2], {.holds_state = holds});
  } else if (const std::uint8_t code = instruction.opcode; code < kIsLessThan || code > kIsNotEqual) {
    each([&](const Operand& operand) { set(at, operand, {.holds_state = holds}); });
  }
  return true;
}

}  // namespace erlrc
