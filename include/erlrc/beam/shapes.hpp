// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <compare>
#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include <erlrc/term/term.hpp>

// The shapes of states, as the code of a module shows them: which records it can match, the keys of its
// Elixir struct, and those of its other maps.

namespace erlrc {

/// What a module does with the tuples that begin with one atom, by their sizes.
struct RecordUse {
  std::set<std::uint32_t> matched;  ///< it expects them, outside of its code_change
  std::set<std::uint32_t> known;    ///< it matches, makes or may match them outside of its code_change
  std::set<std::uint32_t> made;     ///< it matches or makes them anywhere
  bool operator==(const RecordUse&) const = default;
};

/// What a module does outside of its code_change with the keys of maps, as far as they are atoms.
struct MapUse {
  std::set<Atom> needed;            ///< it fails without them: M#{key := _}, #{key := _} = M, map_get/2
  std::set<Atom> optional;          ///< it asks for them where they may be missing
  std::set<std::set<Atom>> made{};  ///< the keys of each map that it makes
  bool operator==(const MapUse&) const = default;
};

struct Shapes {
  std::map<Atom, RecordUse> records;
  std::optional<std::vector<Atom>> struct_keys;  ///< of a module with an Elixir struct
  bool passes_on = false;                        ///< its code_change returns each state as it is
  MapUse maps{};
  bool enters_states = false;  ///< its callback_mode/0 names state_enter (gen_statem(3erl))
  bool operator==(const Shapes&) const = default;
};

/// A record of which another version of the module knows other sizes only.
struct UnfitRecord {
  Atom tag;
  std::uint32_t size = 0;
  std::vector<std::uint32_t> expected;
  bool operator==(const UnfitRecord&) const = default;
};

/// A map with the keys `known`, as both versions of the module make it. The other one adds `key` to it, and
/// fails without.
struct UnfitMap {
  Atom key;
  std::vector<Atom> known;
  bool operator==(const UnfitMap&) const = default;
};

struct Unfit {
  std::vector<UnfitRecord> records;
  std::vector<Atom> keys;  ///< of the struct, that the other version does not have
  std::vector<UnfitMap> maps{};
  bool empty() const { return records.empty() && keys.empty() && maps.empty(); }
  bool operator==(const Unfit&) const = default;
};

/// "record state has 1 field and gets 2", "the struct gets the key limit", "a map gets the key limit"
std::string describe(const Unfit& unfit);

/// What of a state that `from` has made `to` cannot have: it would be found by a function clause that matches
/// no longer, a badrecord or a missing key.
Unfit unfit_shapes(const Shapes& from, const Shapes& to);

}  // namespace erlrc
