// SPDX-License-Identifier: BSD-3-Clause
#include "read_shapes.hpp"

#include <algorithm>
#include <iterator>
#include <string>
#include <string_view>
#include <utility>
#include <variant>

#include <erlrc/base/error.hpp>
#include <erlrc/base/text.hpp>
#include <erlrc/term/etf.hpp>
#include <erlrc/term/match.hpp>

#include "converting.hpp"
#include "instructions.hpp"
#include "map_use.hpp"
#include "opcodes.hpp"

// The compiler tests a record by is_tagged_tuple, which has its size and its name. Where it tests size and
// name apart (several records in the clauses of a function), they are not put together here: each size that
// the module tests then counts for each such name as one that it may match. code_change has clauses for what
// was there before, so what it and the functions that only it calls match does not count.

namespace erlrc {
namespace {

// No struct has so many keys.
constexpr std::size_t kLargestStruct = std::size_t{64} << 10;

class ShapeReader {
public:
  explicit ShapeReader(const ShapeCode& module)
      : module_(module),
        maps_(module.atom, module.imports, literals_),
        converting_(only_converting(module)) {}

  Shapes read() {
    read_literals();
    BeamInstructions instructions(instructions_of(module_.code_chunk));
    while (const BeamInstruction* instruction = instructions.next()) {
      if (instruction->opcode == kEndOfCode) break;
      note(*instruction);
    }
    for (const std::uint64_t atom : compared_)
      if (const auto found = uses_.find(atom); found != uses_.end())
        found->second.known.insert(sizes_.begin(), sizes_.end());
    Shapes shapes{{}, std::move(struct_keys_), has_code_change_ && !converts_, maps_.read(), enters_states_};
    for (auto& [atom, use] : uses_)
      merge(shapes.records[module_.atom(static_cast<std::uint32_t>(atom))], use);
    for (const LiteralRecord& literal : literal_records_)
      if (const auto found = shapes.records.find(literal.name); found != shapes.records.end()) {
        found->second.made.insert(literal.size);
        if (used_literals_.contains(literal.number)) found->second.known.insert(literal.size);
      }
    return shapes;
  }

private:
  struct LiteralRecord {
    std::uint64_t number = 0;
    Atom name;
    std::uint32_t size = 0;
  };

  static void merge(RecordUse& into, const RecordUse& use) {
    into.matched.insert(use.matched.begin(), use.matched.end());
    into.known.insert(use.known.begin(), use.known.end());
    into.made.insert(use.made.begin(), use.made.end());
  }

  // The literals are only looked at as far as they are records, and decoded where they are structs.
  void read_literals() {
    if (module_.literals.empty()) return;
    ByteReader reader(module_.literals);
    for (std::uint32_t left = reader.u32(); left > 0; --left) {
      const BytesView literal = reader.take(reader.u32());
      if (auto name = record_name(literal))
        literal_records_.push_back(
            {literals_.size(), *std::move(name), static_cast<std::uint8_t>(literal[2])});
      literals_.push_back(literal);
    }
  }

  // The atom in a small tuple that begins with one (as in the external format since OTP 26, and before).
  static std::optional<Atom> record_name(BytesView literal) {
    constexpr std::size_t kTag = 3;  // version, tuple, size
    if (literal.size() < kTag + 3 || literal[1] != 'h') return std::nullopt;
    const std::size_t at = literal[kTag] == 'w' ? kTag + 2 : kTag + 3;
    if (literal[kTag] != 'w' && literal[kTag] != 'd') return std::nullopt;
    return Atom{std::string(literal.substr(at, static_cast<std::uint8_t>(literal[at - 1])))};
  }

  void begin_function(const BeamInstruction& instruction) {
    const Atom name = module_.atom(static_cast<std::uint32_t>(instruction.operands[1].value));
    const std::uint64_t arity = instruction.operands[2].value;
    const FunctionName function{name, static_cast<std::uint32_t>(arity)};
    in_code_change_ = converts(function);
    only_converts_ = in_code_change_ || converting_.contains(function);
    has_code_change_ = has_code_change_ || in_code_change_;
    in_struct_ = name.name == "__struct__" && arity == 0;
    in_callback_mode_ = name.name == "callback_mode" && arity == 0;
  }

  // Whether that does nothing in code_change but to return {ok, State} with an argument.
  static bool passes_on(const BeamInstruction& instruction) {
    switch (instruction.opcode) {
      case kLabel:
      case kLine:
      case kTestHeap:
      case kReturn:
      case kFuncInfo:
      case kIsEqExact:
      case kIsTuple:
      case kTestArity:
      case kIsTaggedTuple:
        return true;
      case kMove:
        return instruction.operands[0].tag == Operand::kX;
      case kPutTuple2:
        return std::ranges::all_of(instruction.list, [&](const Operand& element) {
          return element.tag == Operand::kX || &element == &instruction.list.front();
        });
      default:
        return false;
    }
  }

  void note(const BeamInstruction& instruction) {
    const auto& operands = instruction.operands;
    if (in_code_change_ && instruction.opcode != kFuncInfo && !passes_on(instruction)) converts_ = true;
    note_literals(instruction);
    if (in_callback_mode_) note_callback_mode(instruction);
    const bool begins = instruction.opcode == kLabel || instruction.opcode == kFuncInfo;
    if (begins || !only_converts_) maps_.note(instruction);
    switch (instruction.opcode) {
      case kFuncInfo:
        begin_function(instruction);
        break;
      case kIsTaggedTuple:
        note_record(operands[3], operands[2].value, true);
        break;
      case kPutTuple2:
        if (!instruction.list.empty()) note_record(instruction.list.front(), instruction.list.size(), false);
        break;
      case kIsEqExact:
      case kIsNotEqExact:
        note_compared(operands[1]);
        note_compared(operands[2]);
        break;
      case kSelectVal:
        for (const Operand& value : instruction.list)
          note_compared(value);
        break;
      case kTestArity:
        note_size(operands[2]);
        break;
      case kPutTuple:
        note_size(operands[0]);
        break;
      case kSelectTupleArity:
        for (const Operand& value : instruction.list)
          note_size(value);
        break;
      case kMove:
        if (in_struct_ && operands[0].tag == Operand::kLiteral) note_struct(operands[0].value);
        break;
      default:
        break;
    }
  }

  void note_record(const Operand& tag, std::uint64_t size, bool matched) {
    if (tag.tag != Operand::kAtom || tag.value == 0) return;
    RecordUse& use = uses_[tag.value];
    const auto number = static_cast<std::uint32_t>(size);
    use.made.insert(number);
    if (only_converts_) return;
    use.known.insert(number);
    if (matched) use.matched.insert(number);
  }

  void note_callback_mode(const BeamInstruction& instruction) {
    constexpr std::string_view state_enter = "state_enter";
    for (const Operand& operand : instruction.operands)
      if ((operand.tag == Operand::kAtom && operand.value != 0 &&
           module_.atom(static_cast<std::uint32_t>(operand.value)).name == state_enter) ||
          (operand.tag == Operand::kLiteral && operand.value < literals_.size() &&
           literals_[operand.value].find(state_enter) != BytesView::npos))
        enters_states_ = true;
  }

  void note_literals(const BeamInstruction& instruction) {
    if (only_converts_) return;
    const auto note_each = [&](const auto& operands) {
      for (const Operand& operand : operands)
        if (operand.tag == Operand::kLiteral) used_literals_.insert(operand.value);
    };
    note_each(instruction.operands);
    note_each(instruction.list);
  }

  void note_compared(const Operand& operand) {
    if (operand.tag == Operand::kAtom && !only_converts_) compared_.insert(operand.value);
  }

  void note_size(const Operand& operand) {
    if (operand.tag == Operand::kUnsigned && !only_converts_)
      sizes_.insert(static_cast<std::uint32_t>(operand.value));
  }

  void note_struct(std::uint64_t number) {
    if (number >= literals_.size() || literals_[number].size() > kLargestStruct) return;
    const Term term = decode_term(literals_[number]);
    const auto* map = std::get_if<Map>(&term.value);
    if (map == nullptr) return;
    std::vector<Atom> keys;
    for (const auto& [key, value] : map->pairs)
      if (const Atom* atom = as_atom(key)) keys.push_back(*atom);
    struct_keys_ = std::move(keys);
  }

  const ShapeCode& module_;
  MapUseReader maps_;
  std::set<FunctionName> converting_;
  std::vector<BytesView> literals_;
  std::vector<LiteralRecord> literal_records_;  // records among them
  std::set<std::uint64_t> used_literals_;       // outside of code_change
  std::map<std::uint64_t, RecordUse> uses_;     // by atom
  std::set<std::uint64_t> compared_;            // atoms that are compared by themselves
  std::set<std::uint32_t> sizes_;               // sizes that are tested by themselves
  std::optional<std::vector<Atom>> struct_keys_;
  bool in_code_change_ = false;
  bool only_converts_ = false;  // or in a function that only that calls
  bool has_code_change_ = false;
  bool converts_ = false;
  bool in_struct_ = false;
  bool in_callback_mode_ = false;
  bool enters_states_ = false;
};

}  // namespace

Shapes read_shapes(const ShapeCode& module) {
  return ShapeReader(module).read();
}

std::string describe(const Unfit& unfit) {
  std::vector<std::string> texts;
  for (const UnfitRecord& record : unfit.records) {
    const auto fields = [](std::uint32_t size) { return std::to_string(size - 1); };
    std::vector<std::string> expected;
    std::ranges::transform(record.expected, std::back_inserter(expected), fields);
    texts.push_back("record " + record.tag.name + " has " + fields(record.size) +
                    (record.size == 2 ? " field" : " fields") + " and gets " + join(expected, " or "));
  }
  for (const Atom& key : unfit.keys)
    texts.push_back("the struct gets the key " + key.name);
  for (const UnfitMap& map : unfit.maps)
    if (!unfit.followed) texts.push_back("a map gets the key " + map.key.name);
  return join(texts, ", ");
}

namespace {

std::set<Atom> known_keys(const MapUse& use) {
  std::set<Atom> keys(use.needed);
  keys.insert(use.optional.begin(), use.optional.end());
  for (const std::set<Atom>& made : use.made)
    keys.insert(made.begin(), made.end());
  return keys;
}

// The maps of `to` that are maps of `from` with further keys.
std::vector<UnfitMap> unfit_maps(const MapUse& from, const MapUse& to) {
  std::vector<UnfitMap> unfit;
  const std::set<Atom> before = known_keys(from);
  for (const std::set<Atom>& keys : to.made) {
    std::set<Atom> known, added;
    for (const Atom& key : keys)
      (before.contains(key) ? known : added).insert(key);
    if (known.size() < 2 || !from.made.contains(known)) continue;
    for (const Atom& key : added)
      if (to.needed.contains(key) && !to.optional.contains(key))
        unfit.push_back({key, {known.begin(), known.end()}});
  }
  return unfit;
}

}  // namespace

Unfit unfit_shapes(const Shapes& from, const Shapes& to) {
  Unfit unfit;
  for (const auto& [tag, before] : from.records) {
    const auto after = to.records.find(tag);
    if (after == to.records.end() || after->second.matched.empty()) continue;
    // What only code_change of `from` makes is a state of another version.
    for (const std::uint32_t size : before.made)
      if (before.known.contains(size) && !after->second.known.contains(size))
        unfit.records.push_back({tag, size, {after->second.matched.begin(), after->second.matched.end()}});
  }
  if (from.struct_keys && to.struct_keys)
    std::ranges::copy_if(*to.struct_keys, std::back_inserter(unfit.keys), [&](const Atom& key) {
      return std::ranges::find(*from.struct_keys, key) == from.struct_keys->end();
    });
  unfit.maps = unfit_maps(from.maps, to.maps);
  return unfit;
}

Unfit unfit_shapes(const Beam& from, const Beam& to) {
  if (from.md5 == to.md5) return {};
  Unfit unfit = unfit_shapes(*from.shapes(), *to.shapes());
  const Callbacks& callbacks = to.callbacks();
  unfit.states = unfit_states(from.callbacks(), callbacks, to.shapes()->maps);
  unfit.followed = !unfit.empty() && callbacks.all && !callbacks.escapes;
  return unfit;
}

}  // namespace erlrc
