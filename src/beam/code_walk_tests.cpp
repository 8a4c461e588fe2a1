// SPDX-License-Identifier: BSD-3-Clause
#include "code_walk.hpp"

#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "opcodes.hpp"

// What a path does by tests.

namespace erlrc {
namespace {

using Kind = PartTest::Kind;

}  // namespace

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
  for (std::size_t i = 0; walked_.all && i + 1 < list.size(); i += 2) {
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
  if (is_too_long(at, 0) || contradict(at.tests, test)) return false;
  at.tests.insert(test);
  return true;
}

}  // namespace erlrc
