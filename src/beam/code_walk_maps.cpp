// SPDX-License-Identifier: BSD-3-Clause
#include "code_walk.hpp"

#include <array>
#include <string_view>

#include "opcodes.hpp"

// What a path does with maps.

namespace erlrc {
namespace {

using Kind = PartTest::Kind;

struct MapFunction {
  std::string_view module, name;
  std::uint32_t arity, map, key;
  bool needs;  // it fails without the key
  bool puts;
};

constexpr auto kMapFunctions = std::to_array<MapFunction>({
    {"maps", "get", 2, 1, 0, true, false},
    {"maps", "get", 3, 1, 0, false, false},
    {"maps", "find", 2, 1, 0, false, false},
    {"maps", "is_key", 2, 1, 0, false, false},
    {"maps", "put", 3, 2, 0, false, true},
    {"maps", "update", 3, 2, 0, true, true},
    {"maps", "update_with", 3, 2, 0, true, true},
    {"maps", "update_with", 4, 3, 0, false, true},
    {"maps", "remove", 2, 1, 0, false, false},
    {"maps", "take", 2, 1, 0, false, false},
    {"Elixir.Map", "fetch!", 2, 0, 1, true, false},
    {"Elixir.Map", "update!", 3, 0, 1, true, true},
    {"Elixir.Map", "replace!", 3, 0, 1, true, true},
    {"Elixir.Map", "put", 3, 0, 1, false, true},
});

}  // namespace

bool CodeWalk::require_key(Point& at, const WalkedValue& map, const Atom& key) {
  return map.put.contains(key) || require(at, map, Kind::key, key);
}

bool CodeWalk::step_map(Point& at, const BeamInstruction& instruction) {
  const auto& [opcode, operands, list] = instruction;
  const std::uint64_t label = operands[0].value;
  const WalkedValue map = value(at, operands[1]);
  const bool makes = opcode == kPutMapAssoc || opcode == kPutMapExact;
  const std::size_t width = opcode == kHasMapFields ? 1 : 2;
  WalkedValue made = map;
  if (makes && label != 0) jump(at, label);
  // Without which of several keys it continues elsewhere is not known.
  if (!makes && (list.size() != width || !is_part(map) || !atom(list[0]))) jump(at, label);
  const Point before = at;
  for (std::size_t i = 0; i < list.size(); i += width) {
    const auto key = atom(list[i]);
    if (key && !makes && list.size() == width && is_part(map) && !map.put.contains(*key)) {
      if (!branch(at, {map.place, Kind::key, *key}, label)) return false;
    } else if (key && opcode != kPutMapAssoc && !require_key(at, map, *key)) {
      return false;
    }
    if (makes) {
      made.holds_state = made.holds_state || holds_state(value(before, list[i + 1]));
      if (key) made.put.insert(*key);
      if (!key) made = {.holds_state = holds_state(map)};
    } else if (opcode == kGetMapElements) {
      set(at, list[i + 1], key ? part_of(map, *key) : WalkedValue{.holds_state = holds_state(map)});
    }
  }
  if (makes) set(at, operands[2], std::move(made));
  return true;
}

// Leaves the result in the first X register.
bool CodeWalk::call_maps(Point& at, const ImportedFunction& function) {
  if (function.module.name != "maps" && function.module.name != "Elixir.Map") return true;
  bool holds = false;
  for (const auto& [number, value] : at.x)
    holds = holds || (number < function.function.arity && holds_state(value));
  WalkedValue result{.holds_state = holds};
  for (const auto& each : kMapFunctions) {
    if (each.module != function.module.name || each.name != function.function.name.name ||
        each.arity != function.function.arity)
      continue;
    const WalkedValue map = value(at, {Operand::kX, each.map}), key = value(at, {Operand::kX, each.key});
    const bool known = key.kind == WalkedValue::Kind::atom;
    if (!require(at, map, Kind::type, Atom{"is_map"})) return false;
    if (each.needs && known && !require_key(at, map, key.atom)) return false;
    if (each.needs && !each.puts && known) result = part_of(map, key.atom);
    if (each.puts && known) {
      result = map;
      result.put.insert(key.atom);
      result.holds_state = holds;
    }
  }
  at.x[0] = std::move(result);
  return true;
}

}  // namespace erlrc
