// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <compare>
#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <variant>
#include <vector>

#include <erlrc/term/term.hpp>

// The shapes of states, as the code of a module shows them: which records it can match, the keys of its
// Elixir struct, those of its other maps, and what its callbacks test of their state.

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

/// A test of a part of a term, and whether it holds.
struct PartTest {
  enum class Kind : std::uint8_t {
    type,      ///< by the guard `atom`, as is_map
    arity,     ///< a tuple with `number` elements
    record,    ///< that, and the first is `atom`
    equals,    ///< it is `atom`
    key,       ///< a map with the key `atom`
    map_size,  ///< a map with `number` keys
  };
  using Place = std::vector<std::variant<std::uint32_t, Atom>>;
  Place place{};  ///< by elements of tuples, counted from 1, and keys of maps
  Kind kind = Kind::type;
  Atom atom{};
  std::uint32_t number = 0;
  bool holds = true;
  auto operator<=>(const PartTest&) const = default;
};

using PartTests = std::set<PartTest>;

/// A path through a callback of OTP's behaviours that does not fail for what it is called with.
struct CallbackPath {
  Atom function;
  std::uint32_t arity = 0;
  PartTests message;  ///< of its other arguments; a place begins with the number of the argument, from 0
  PartTests state;    ///< of the state as sys:get_state/1 returns it: {State, Data} of a state machine
  auto operator<=>(const CallbackPath&) const = default;
};

struct Callbacks {
  std::set<CallbackPath> paths;
  bool all = false;      ///< no callback is too long to be followed
  bool escapes = false;  ///< the state gets to code that was not followed
  bool operator==(const Callbacks&) const = default;
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

/// The states that a callback of the one version takes with some message, and that of the other does not.
struct UnfitState {
  Atom function;
  std::uint32_t arity = 0;
  PartTests before;              ///< such a state passes these,
  std::vector<PartTests> after;  ///< and none of these
  std::vector<Atom> keys{};      ///< of the map, that it may lack
  bool operator==(const UnfitState&) const = default;
};

struct Unfit {
  std::vector<UnfitRecord> records;
  std::vector<Atom> keys;  ///< of the struct, that the other version does not have
  std::vector<UnfitMap> maps{};
  std::vector<UnfitState> states{};
  bool followed = false;  ///< no other state of the module itself is unfit; `maps` may be others
  bool empty() const { return records.empty() && keys.empty() && maps.empty() && states.empty(); }
  bool operator==(const Unfit&) const = default;
};

/// "record state has 1 field and gets 2", "the struct gets the key limit", "a map gets the key limit". Only
/// for a state does it show whether it is one of `states`: these are not described.
std::string describe(const Unfit& unfit);

/// The guard of a match specification that finds them among states in the variable '$2'.
Term state_guard(const UnfitState& unfit);

/// What of a state that `from` has made `to` cannot have: it would be found by a function clause that matches
/// no longer, a badrecord or a missing key. Without `states`.
Unfit unfit_shapes(const Shapes& from, const Shapes& to);

/// The states that a callback of `from` takes and that of `to` does not, for the same message; and those
/// without a key that `to` needs for a message of its own. `made` are the maps of `to`.
std::vector<UnfitState> unfit_states(const Callbacks& from, const Callbacks& to, const MapUse& made);

}  // namespace erlrc
