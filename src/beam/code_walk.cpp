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

// A function of a real callback module needs hundreds. Longer ones are not compared: that would take as much
// time and memory as the author of the file likes.
constexpr std::size_t kMostInstructions = 5000;  // and jumps
constexpr std::size_t kMostPaths = 200;
constexpr std::size_t kMostTests = 100;  // of a path
constexpr std::size_t kMostTestsOfAll = 4000;
constexpr std::size_t kMostKnown = 500;  // at a point of a path

// Instructions of all callbacks of a module.
constexpr std::size_t kMostOfModule = 50'000;

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

CodeWalk::CodeWalk(const ShapeCode& module)
    : module_(module), code_(instructions_of(module.code_chunk)), left_of_module_(kMostOfModule) {
  BeamInstructions instructions(code_);
  std::optional<FunctionName> begun;
  std::size_t place = 0;
  while (const BeamInstruction* instruction = instructions.next()) {
    if (instruction->opcode == kEndOfCode) break;
    if (instruction->opcode == kFuncInfo)
      begun = FunctionName{module.atom(static_cast<std::uint32_t>(instruction->operands[1].value)),
                           static_cast<std::uint32_t>(instruction->operands[2].value)};
    if (instruction->opcode == kLabel) {
      labels_[instruction->operands[0].value] = place;
      if (begun) entries_[*std::exchange(begun, std::nullopt)] = place;
    }
    place = code_.size() - instructions.left();
  }
  code_ = code_.substr(0, place);
}

Walked CodeWalk::from(const FunctionName& function, const std::vector<WalkedValue>& arguments,
                      const PartTests& known) {
  walked_ = {};
  seen_.clear();
  left_ = std::min(kMostInstructions, left_of_module_);
  tests_ = 0;
  const std::size_t had = left_;
  Point begin{entries_.at(function), {}, {}, {}, known};
  for (std::size_t i = 0; i < arguments.size(); ++i)
    begin.x[i] = arguments[i];
  open_ = {std::move(begin)};
  while (!open_.empty() && walked_.all) {
    Point next = std::move(open_.back());
    open_.pop_back();
    run(std::move(next));
  }
  left_of_module_ -= had - left_;
  return std::move(walked_);
}

void CodeWalk::run(Point at) {
  while (at.next < code_.size()) {
    BeamInstructions instructions(code_.substr(at.next));
    const BeamInstruction& instruction = *instructions.next();
    if (is_too_long(at, 1 + instruction.list.size() / 16)) return;
    if (instruction.opcode == kLabel && !seen_.insert(at).second) return;
    at.next = code_.size() - instructions.left();
    if (!step(at, instruction)) return;
  }
}

bool CodeWalk::is_too_long(const Point& at, std::size_t instructions) {
  if (left_ >= instructions && walked_.paths.size() <= kMostPaths && tests_ <= kMostTestsOfAll &&
      at.tests.size() <= kMostTests && known(at) <= kMostKnown)
    left_ -= instructions;
  else
    walked_.all = false;
  return !walked_.all;
}

std::size_t CodeWalk::known(const Registers& registers) {
  std::size_t count = 0;
  for (const auto& [number, value] : registers)
    count += 1 + value.put.size();
  return count;
}

std::size_t CodeWalk::known(const Point& at) {
  std::size_t count = at.tests.size() + known(at.x) + known(at.y);
  for (const Frame& frame : at.frames)
    count += known(frame.y);
  return count;
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

bool CodeWalk::finish(const Point& at) {
  if (walked_.paths.insert(at.tests).second) tests_ += at.tests.size();
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
