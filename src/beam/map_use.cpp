// SPDX-License-Identifier: BSD-3-Clause
#include "map_use.hpp"

#include <algorithm>
#include <array>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>

#include <erlrc/term/etf.hpp>
#include <erlrc/term/match.hpp>

#include "opcodes.hpp"

namespace erlrc {
namespace {

// Longer ones are tables of a module, not states.
constexpr std::size_t kLongest = std::size_t{4} << 10;
constexpr std::size_t kMostKeys = 64;
constexpr std::size_t kMostMaps = 1000;

std::set<Atom> keys_of(const Term& term) {
  std::set<Atom> keys;
  if (const auto* map = std::get_if<Map>(&term.value))
    for (const auto& [key, value] : map->pairs)
      if (const Atom* atom = as_atom(key)) keys.insert(*atom);
  return keys;
}

bool fails(std::uint8_t opcode) {
  return opcode == kFuncInfo || opcode == kBadMatch || opcode == kCaseEnd || opcode == kIfEnd;
}

std::optional<Atom> atom_in(const MapUseReader::AtomOf& atom, const Operand& operand) {
  if (operand.tag != Operand::kAtom || operand.value == 0) return std::nullopt;
  return atom(static_cast<std::uint32_t>(operand.value));
}

bool is_call(std::string_view name, const auto& names) {
  return std::ranges::find(names, name) != names.end();
}

// The functions that fail for a missing key, and those that do not read it. The others take the map as it is.
constexpr auto kNeeding = std::to_array<std::string_view>({"fetch!", "update!", "replace!", "update"});
constexpr auto kPutting = std::to_array<std::string_view>({"put", "merge", "new", "from_list"});

}  // namespace

void MapUseReader::note(const BeamInstruction& instruction) {
  note_place(instruction);
  note_literals(instruction);
  switch (instruction.opcode) {
    case kGetMapElements:
      note_pattern(instruction, 2);
      break;
    case kHasMapFields:
      note_pattern(instruction, 1);
      break;
    case kPutMapExact:
      note_update(instruction);
      break;
    case kPutMapAssoc:
      note_made(instruction);
      break;
    case kBif2:
      note_bif(instruction);
      break;
    case kPutTuple2:
      note_badkey(instruction);
      break;
    case kMove:
      note_argument(instruction.operands[0], instruction.operands[1]);
      break;
    case kCallExt:
    case kCallExtLast:
    case kCallExtOnly:
      note_call(instruction.operands[1].value);
      break;
    case kCall:
    case kCallLast:
    case kCallOnly:
    case kCallFun:
    case kCallFun2:
    case kApply:
      arguments_ = {};
      break;
    default:
      break;
  }
}

void MapUseReader::note_place(const BeamInstruction& instruction) {
  if (instruction.opcode == kLabel) {
    here_.push_back(instruction.operands[0].value);
    arguments_ = {};
    return;
  }
  if (instruction.opcode == kFuncInfo) end_function();
  if (fails(instruction.opcode)) failing_.insert(here_.begin(), here_.end());
  if (instruction.opcode != kLine && instruction.opcode != kMove) here_.clear();
}

void MapUseReader::end_function() {
  for (const auto& [label, keys] : std::exchange(tested_, {}))
    for (const Atom& key : keys)
      (failing_.contains(label) || raised_.contains(key) ? use_.needed : use_.optional).insert(key);
  failing_.clear();
  raised_.clear();
}

void MapUseReader::note_pattern(const BeamInstruction& instruction, std::size_t step) {
  for (std::size_t i = 0; i < instruction.list.size(); i += step)
    if (auto key = atom_in(atom_, instruction.list[i]))
      tested_[instruction.operands[0].value].insert(*std::move(key));
}

void MapUseReader::note_update(const BeamInstruction& instruction) {
  for (std::size_t i = 0; i < instruction.list.size(); i += 2)
    if (auto key = atom_in(atom_, instruction.list[i])) use_.needed.insert(*std::move(key));
}

// A map that begins as a literal, of what is constant in it, is made here; any other gets some keys.
void MapUseReader::note_made(const BeamInstruction& instruction) {
  const Operand& begin = instruction.operands[1];
  if (begin.tag != Operand::kLiteral || begin.value >= literals_.size()) return;
  if (use_.made.size() >= kMostMaps || instruction.list.size() > 2 * kMostKeys) return;
  const BytesView literal = literals_[static_cast<std::size_t>(begin.value)];
  if (literal.size() > kLongest) return;
  std::set<Atom> keys = keys_of(decode_term(literal));
  for (std::size_t i = 0; i < instruction.list.size(); i += 2)
    if (auto key = atom_in(atom_, instruction.list[i])) keys.insert(*std::move(key));
  add_made(std::move(keys));
}

void MapUseReader::note_literals(const BeamInstruction& instruction) {
  const auto note_each = [&](const auto& operands) {
    for (const Operand& operand : operands)
      if (operand.tag == Operand::kLiteral) used_literals_.insert(operand.value);
  };
  note_each(instruction.list);
  if (instruction.opcode != kPutMapAssoc) note_each(instruction.operands);
}

void MapUseReader::note_bif(const BeamInstruction& instruction) {
  const ImportedFunction* called = imported(instruction.operands[1].value);
  if (called == nullptr) return;
  const std::string& name = called->function.name.name;
  const auto key = atom_in(atom_, instruction.operands[2]);
  if (!key || (name != "map_get" && name != "is_map_key")) return;
  const bool in_guard = instruction.operands[0].value != 0;
  (name == "map_get" && !in_guard ? use_.needed : use_.optional).insert(*key);
}

void MapUseReader::note_argument(const Operand& value, const Operand& to) {
  if (to.tag != Operand::kX || to.value > 1) return;
  arguments_[static_cast<std::size_t>(to.value)] = atom_in(atom_, value);
}

void MapUseReader::note_call(std::uint64_t import) {
  const auto arguments = std::exchange(arguments_, {});
  const ImportedFunction* called = imported(import);
  if (called == nullptr) return;
  const std::string& module = called->module.name;
  const std::string& name = called->function.name.name;
  if (module != "maps" && module != "Elixir.Map" && module != "Elixir.Access") return;
  if (is_call(name, kPutting)) return;
  const bool needs =
      is_call(name, kNeeding) || (module == "maps" && name == "get" && called->function.arity == 2);
  if (const auto& key = arguments[module == "maps" ? 0 : 1])
    (needs ? use_.needed : use_.optional).insert(*key);
}

// Elixir's Map.key: {badkey, Key, Map} is raised if the pattern does not match, and Map is not a module.
void MapUseReader::note_badkey(const BeamInstruction& instruction) {
  if (instruction.list.size() != 3) return;
  const auto tag = atom_in(atom_, instruction.list[0]);
  auto key = atom_in(atom_, instruction.list[1]);
  if (tag && tag->name == "badkey" && key) raised_.insert(*std::move(key));
}

// Only what a state is returned in may be around a map.
void MapUseReader::read_literal(BytesView literal) {
  constexpr char kMap = 't', kTuple = 'h';
  if (literal.size() < 2 || literal.size() > kLongest || (literal[1] != kMap && literal[1] != kTuple)) return;
  if (literal.find(kMap) == BytesView::npos) return;
  const Term term = decode_term(literal);
  add_made(keys_of(term));
  if (const auto* elements = as_tuple(term))
    for (const Term& element : *elements)
      add_made(keys_of(element));
}

void MapUseReader::add_made(std::set<Atom> keys) {
  if (!keys.empty() && keys.size() <= kMostKeys && use_.made.size() < kMostMaps)
    use_.made.insert(std::move(keys));
}

MapUse MapUseReader::read() {
  end_function();
  for (const std::uint64_t number : used_literals_)
    if (number < literals_.size()) read_literal(literals_[static_cast<std::size_t>(number)]);
  return std::move(use_);
}

const ImportedFunction* MapUseReader::imported(std::uint64_t number) const {
  return number < imports_.size() ? &imports_[static_cast<std::size_t>(number)] : nullptr;
}

}  // namespace erlrc
