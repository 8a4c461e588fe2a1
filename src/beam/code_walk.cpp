// SPDX-License-Identifier: BSD-3-Clause
#include "code_walk.hpp"

#include <algorithm>
#include <iterator>
#include <string>
#include <string_view>
#include <variant>

#include "opcodes.hpp"

namespace erlrc {
namespace {

using Kind = PartTest::Kind;

// A function of a real callback module needs hundreds. Longer ones are not compared.
constexpr std::size_t kMostInstructions = 5000;  // and jumps
constexpr std::size_t kMostPaths = 200;
constexpr std::size_t kMostTests = 100;

// A function that walks through a list or a tree would need one more step each time it calls itself.
constexpr std::size_t kLongestPlace = 8;

constexpr std::uint64_t kY = std::uint64_t{1} << 32;

// X registers have their number, Y registers follow.
std::optional<std::uint64_t> register_of(const Operand& operand) {
  if (operand.tag == Operand::kX) return operand.value;
  if (operand.tag == Operand::kY) return kY + operand.value;
  if (operand.tag != Operand::kExtended) return std::nullopt;
  const std::uint64_t number = operand.value >> 3;
  if ((operand.value & 7) == Operand::kX) return number;
  if ((operand.value & 7) == Operand::kY) return kY + number;
  return std::nullopt;
}

std::string_view type_tested(std::uint8_t opcode) {
  switch (opcode) {
    case kIsInteger:
      return "is_integer";
    case kIsFloat:
      return "is_float";
    case kIsNumber:
      return "is_number";
    case kIsAtom:
      return "is_atom";
    case kIsPid:
      return "is_pid";
    case kIsReference:
      return "is_reference";
    case kIsNil:
      return "is_nil";
    case kIsBinary:
      return "is_binary";
    case kIsList:
      return "is_list";
    case kIsNonemptyList:
      return "is_nonempty_list";
    case kIsTuple:
      return "is_tuple";
    case kIsBoolean:
      return "is_boolean";
    case kIsFunction:
      return "is_function";
    case kIsMap:
      return "is_map";
    default:
      return {};
  }
}

bool fails(std::uint8_t opcode) {
  return opcode == kFuncInfo || opcode == kBadMatch || opcode == kCaseEnd || opcode == kIfEnd ||
         opcode == kBadRecord || opcode == kTryCaseEnd || opcode == kRaise;
}

}  // namespace

bool is_part(const WalkedValue& value) {
  return value.kind == WalkedValue::Kind::part;
}

bool holds_state(const WalkedValue& value) {
  return value.holds_state || (is_part(value) && value.place.front() == PartTest::Place::value_type{kState});
}

CodeWalk::CodeWalk(const ShapeCode& module) : module_(module) {
  BeamInstructions instructions(instructions_of(module.code_chunk));
  std::optional<FunctionName> begun;
  while (const BeamInstruction* instruction = instructions.next()) {
    if (instruction->opcode == kEndOfCode) break;
    if (instruction->opcode == kFuncInfo)
      begun = FunctionName{module.atom(static_cast<std::uint32_t>(instruction->operands[1].value)),
                           static_cast<std::uint32_t>(instruction->operands[2].value)};
    if (instruction->opcode == kLabel) {
      labels_[instruction->operands[0].value] = code_.size();
      if (begun) entries_[*std::exchange(begun, std::nullopt)] = code_.size();
    }
    code_.push_back(*instruction);
  }
}

Walked CodeWalk::from(const FunctionName& function, const std::vector<WalkedValue>& arguments,
                      const PartTests& known) {
  walked_ = {};
  seen_.clear();
  left_ = kMostInstructions;
  Point begin{entries_.at(function), {}, {}, {}, known};
  for (std::size_t i = 0; i < arguments.size(); ++i)
    begin.x[i] = arguments[i];
  open_ = {std::move(begin)};
  while (!open_.empty() && walked_.all) {
    Point next = std::move(open_.back());
    open_.pop_back();
    run(std::move(next));
  }
  return std::move(walked_);
}

void CodeWalk::run(Point at) {
  while (at.next < code_.size()) {
    const BeamInstruction& instruction = code_[at.next];
    if (instruction.opcode == kLabel && !seen_.insert(at).second) return;
    if (is_too_long(at)) return;
    ++at.next;
    if (!step(at, instruction)) return;
  }
}

bool CodeWalk::is_too_long(const Point& at) {
  if (left_ > 0 && walked_.paths.size() <= kMostPaths && at.tests.size() <= kMostTests)
    --left_;
  else
    walked_.all = false;
  return !walked_.all;
}

bool CodeWalk::step(Point& at, const BeamInstruction& instruction) {
  const auto& operands = instruction.operands;
  if (fails(instruction.opcode)) return false;
  if (!type_tested(instruction.opcode).empty()) return step_test(at, instruction);
  switch (instruction.opcode) {
    case kLabel:
    case kLine:
    case kTestHeap:
    case kInitYregs:
      return true;
    case kAllocate:
    case kAllocateHeap:
    case kDeallocate:
      at.y.clear();
      return true;
    case kTrim: {
      Registers kept;
      for (auto& [number, value] : at.y)
        if (number >= kY + operands[0].value) kept[number - operands[0].value] = std::move(value);
      at.y = std::move(kept);
      return true;
    }
    case kJump:
      jump(at, operands[0].value);
      return false;
    case kMove:
      set(at, operands[1], value(at, operands[0]));
      return true;
    case kSwap: {
      WalkedValue first = value(at, operands[0]);
      set(at, operands[0], value(at, operands[1]));
      set(at, operands[1], std::move(first));
      return true;
    }
    case kReturn:
      return leave(at);
    case kTry:
    case kCatch:  // what fails is caught
      walked_.escapes = true;
      return finish(at);
    case kWait:
    case kLoopRecEnd:
      return false;
    case kIsTaggedTuple:
    case kTestArity:
    case kIsEqExact:
    case kIsNotEqExact:
    case kSelectVal:
    case kSelectTupleArity:
      return step_test(at, instruction);
    case kGetTupleElement:
      set(at, operands[2],
          part_of(value(at, operands[0]), static_cast<std::uint32_t>(operands[1].value + 1)));
      return true;
    case kHasMapFields:
    case kGetMapElements:
    case kPutMapAssoc:
    case kPutMapExact:
      return step_map(at, instruction);
    case kBif1:
    case kBif2:
    case kGcBif1:
    case kGcBif2:
      return step_bif(at, instruction);
    default:
      return step_call(at, instruction);
  }
}

bool CodeWalk::step_test(Point& at, const BeamInstruction& instruction) {
  const auto& operands = instruction.operands;
  const std::uint64_t label = operands[0].value;
  switch (instruction.opcode) {
    case kIsEqExact:
      return compare(at, instruction, true);
    case kIsNotEqExact:
      return compare(at, instruction, false);
    case kSelectVal:
      return select(at, instruction, Kind::equals);
    case kSelectTupleArity:
      return select(at, instruction, Kind::arity);
    default:
      break;
  }
  const WalkedValue tested = value(at, operands[1]);
  if (!is_part(tested)) {
    jump(at, label);
    return true;
  }
  const auto size = static_cast<std::uint32_t>(operands[2].value);
  if (instruction.opcode == kTestArity) return branch(at, {tested.place, Kind::arity, {}, size}, label);
  if (instruction.opcode == kIsTaggedTuple)
    return branch(at, {tested.place, Kind::record, atom(operands[3]).value_or(Atom{}), size}, label);
  return branch(at, {tested.place, Kind::type, Atom{std::string(type_tested(instruction.opcode))}}, label);
}

bool CodeWalk::compare(Point& at, const BeamInstruction& instruction, bool equal) {
  const auto& operands = instruction.operands;
  const std::uint64_t label = operands[0].value;
  const WalkedValue tested = value(at, operands[1]);
  const auto other = atom(operands[2]);
  std::optional<PartTest> test;
  if (is_part(tested) && other) test = PartTest{tested.place, Kind::equals, *other};
  if (is_part(tested) && operands[2].tag == Operand::kAtom && operands[2].value == 0)
    test = PartTest{tested.place, Kind::type, Atom{"is_nil"}};
  if (tested.kind == WalkedValue::Kind::test && other && (other->name == "true" || other->name == "false"))
    test = other->name == "true" ? tested.test : negated(tested.test);
  if (test) return branch(at, equal ? *test : negated(*test), label);
  jump(at, label);
  return true;
}

bool CodeWalk::select(Point& at, const BeamInstruction& instruction, PartTest::Kind kind) {
  const auto& list = instruction.list;
  const WalkedValue tested = value(at, instruction.operands[0]);
  for (std::size_t i = 0; i + 1 < list.size(); i += 2) {
    const auto name = kind == Kind::equals ? atom(list[i]) : Atom{};
    if (!is_part(tested) || !name) {
      jump(at, list[i + 1].value);
      continue;
    }
    const auto size = kind == Kind::arity ? static_cast<std::uint32_t>(list[i].value) : 0;
    const PartTest test{tested.place, kind, *name, size};
    Point taken = at;
    if (contradict(at.tests, test)) continue;
    taken.tests.insert(test);
    jump(taken, list[i + 1].value);
    if (contradict(at.tests, negated(test))) return false;
    at.tests.insert(negated(test));
  }
  jump(at, instruction.operands[1].value);
  return false;
}

// Continues with the test, and at the label without.
bool CodeWalk::branch(Point& at, const PartTest& test, std::uint64_t label) {
  if (!contradict(at.tests, negated(test))) {
    Point other = at;
    other.tests.insert(negated(test));
    jump(other, label);
  }
  if (contradict(at.tests, test)) return false;
  at.tests.insert(test);
  return true;
}

bool CodeWalk::require(Point& at, const WalkedValue& value, PartTest::Kind kind, const Atom& atom) {
  if (!is_part(value)) return true;
  const PartTest test{value.place, kind, atom};
  if (contradict(at.tests, test)) return false;
  at.tests.insert(test);
  return true;
}

bool CodeWalk::finish(const Point& at) {
  walked_.paths.insert(at.tests);
  return false;
}

bool CodeWalk::leave(Point& at) {
  if (at.frames.empty()) return finish(at);
  Frame frame = std::move(at.frames.back());
  at.frames.pop_back();
  std::erase_if(at.x, [](const auto& each) { return each.first != 0; });
  at.y = std::move(frame.y);
  at.next = frame.next;
  return true;
}

void CodeWalk::jump(const Point& at, std::uint64_t label) {
  const auto found = labels_.find(label);
  if (found == labels_.end() || is_too_long(at)) return;
  Point other = at;
  other.next = found->second;
  if (!seen_.contains(other)) open_.push_back(std::move(other));
}

WalkedValue CodeWalk::value(const Point& at, const Operand& operand) const {
  if (auto constant = atom(operand)) return {WalkedValue::Kind::atom, {}, {}, *std::move(constant)};
  const auto number = register_of(operand);
  if (!number) return {};
  const Registers& registers = *number >= kY ? at.y : at.x;
  const auto found = registers.find(*number);
  return found == registers.end() ? WalkedValue{} : found->second;
}

WalkedValue CodeWalk::part_of(const WalkedValue& whole, PartTest::Place::value_type step) const {
  const Atom* key = std::get_if<Atom>(&step);
  if (!is_part(whole) || whole.place.size() >= kLongestPlace || (key != nullptr && whole.put.contains(*key)))
    return {.holds_state = holds_state(whole)};
  WalkedValue part{WalkedValue::Kind::part, whole.place};
  part.place.push_back(std::move(step));
  return part;
}

void CodeWalk::set(Point& at, const Operand& to, WalkedValue value) {
  const auto number = register_of(to);
  if (!number) return;
  Registers& registers = *number >= kY ? at.y : at.x;
  if (value == WalkedValue{})
    registers.erase(*number);
  else
    registers[*number] = std::move(value);
}

std::optional<Atom> CodeWalk::atom(const Operand& operand) const {
  if (operand.tag != Operand::kAtom || operand.value == 0) return std::nullopt;
  return module_.atom(static_cast<std::uint32_t>(operand.value));
}

// Code that is not followed gets the first X registers.
void CodeWalk::escape(const Point& at, std::uint64_t arity) {
  for (const auto& [number, value] : at.x)
    if (number < arity && holds_state(value)) walked_.escapes = true;
}

}  // namespace erlrc
