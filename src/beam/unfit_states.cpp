// SPDX-License-Identifier: BSD-3-Clause
#include <erlrc/beam/shapes.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <iterator>
#include <map>
#include <optional>
#include <set>
#include <utility>
#include <vector>

#include "part_test.hpp"

// What the new code takes elsewhere, or makes, is a state of it, which gets such messages at other times
// only: a connection that is not open yet, say. No such state is unfit.

namespace erlrc {
namespace {

using Kind = PartTest::Kind;

constexpr std::size_t kMostStates = 50;

bool is_same_function(const CallbackPath& one, const CallbackPath& other) {
  return one.function == other.function && one.arity == other.arity;
}

bool includes(const PartTests& tests, const PartTests& fewer) {
  return std::ranges::includes(tests, fewer);
}

// Whether a test is of the shape of a state, not of the mode that it is in: a field may be undefined until it
// is needed.
bool is_of_shape(const PartTest& test) {
  const bool of_atom =
      test.kind == Kind::equals || test.atom.name == "is_atom" || test.atom.name == "is_boolean";
  const PartTest::Place first{std::uint32_t{1}};  // of a tuple, its tag or the state of a machine
  return !of_atom || test.place.empty() || test.place == first;
}

bool is_of_list(const PartTest& test) {
  return test.kind == Kind::type && (test.atom.name == "is_nil" || test.atom.name == "is_nonempty_list");
}

// A list may be empty until it is filled.
PartTests shape_of(const PartTests& tests) {
  PartTests found;
  for (PartTest test : tests) {
    if (is_of_list(test)) {
      if (!test.holds) continue;
      test.atom = Atom{"is_list"};
    }
    if (is_of_shape(test)) found.insert(std::move(test));
  }
  return found;
}

// Two that differ by the outcome of one test are one without that test.
std::optional<PartTests> united(const PartTests& one, const PartTests& other) {
  if (one.size() != other.size()) return std::nullopt;
  PartTests only;
  std::ranges::set_difference(one, other, std::inserter(only, only.end()));
  if (only.size() != 1 || !other.contains(negated(*only.begin()))) return std::nullopt;
  PartTests both(one);
  both.erase(*only.begin());
  return both;
}

// Leaves out those that another one implies.
void unite(std::vector<PartTests>& all) {
  std::ranges::sort(all);
  all.erase(std::ranges::unique(all).begin(), all.end());
  for (std::size_t i = 0; i < all.size(); ++i)
    for (std::size_t j = 0; j < all.size(); ++j) {
      const auto both = includes(all[i], all[j]) ? std::optional(all[j]) : united(all[i], all[j]);
      if (i == j || !both) continue;
      all[j] = *both;
      all.erase(all.begin() + static_cast<std::ptrdiff_t>(i));
      return unite(all);
    }
}

// The same of states that differ by what they pass only.
void unite(std::vector<UnfitState>& all) {
  for (std::size_t i = 0; i < all.size(); ++i) {
    std::vector<PartTests> before;
    for (const UnfitState& other : all)
      if (other.function == all[i].function && other.arity == all[i].arity && other.after == all[i].after)
        before.push_back(other.before);
    const std::size_t count = before.size();
    unite(before);
    if (before.size() == count) continue;
    const UnfitState same = all[i];
    std::erase_if(all, [&](const UnfitState& other) {
      return other.function == same.function && other.arity == same.arity && other.after == same.after;
    });
    for (PartTests& tests : before)
      all.push_back({same.function, same.arity, std::move(tests), same.after, same.keys});
    return unite(all);
  }
}

class Comparison {
public:
  Comparison(const Callbacks& from, const Callbacks& to, const MapUse& maps)
      : from_(from), to_(to), maps_(maps) {}

  std::vector<UnfitState> all() {
    for (const CallbackPath& path : from_.paths)
      compare(path, path.state, false);
    for (const CallbackPath& path : to_.paths)
      if (is_new(path)) compare(path, {}, true);
    unite(found_);
    return std::move(found_);
  }

private:
  // Whether it is for all messages but some.
  static bool is_for_others(const CallbackPath& path) {
    return std::ranges::none_of(path.message, &PartTest::holds);
  }

  // Whether the message gets to such paths of `from` only.
  bool is_new(const CallbackPath& path) const {
    const auto is_same = [&](const CallbackPath& other) { return is_same_function(path, other); };
    return !is_for_others(path) && std::ranges::any_of(from_.paths, is_same) &&
           std::ranges::none_of(from_.paths, [&](const CallbackPath& other) {
             return is_same(other) && !contradict(path.message, other.message) && !is_for_others(other);
           });
  }

  // A state that passes the tests `before` meets the message of the path.
  void compare(const CallbackPath& path, const PartTests& before, bool keys_only) {
    UnfitState unfit{path.function, path.arity, before, {}};
    for (const CallbackPath& other : to_.paths) {
      if (!is_same_function(path, other) || contradict(path.message, other.message)) continue;
      unfit.after.push_back(shape_of(other.state));
    }
    unite(unfit.after);
    std::ranges::transform(unfit.after, unfit.after.begin(), as_records);
    if (is_taken(unfit)) return;
    if (unfit.after.empty() || found_.size() >= kMostStates) return;
    unfit.keys = lacking(unfit.after.front(), before);
    const bool by_keys = keys_only || (is_for_others(path) && !unfit.keys.empty());
    if (by_keys && !needs_made_keys(unfit)) return;
    add_known(unfit);
    if (is_taken(unfit)) return;
    if (std::ranges::find(found_, unfit) == found_.end()) found_.push_back(std::move(unfit));
  }

  static bool is_taken(const UnfitState& unfit) {
    const PartTests before = as_records(unfit.before);
    return std::ranges::any_of(unfit.after, [&](const auto& tests) { return implies(before, tests); });
  }

  static std::vector<Atom> lacking(const PartTests& after, const PartTests& before) {
    std::vector<Atom> keys;
    for (const PartTest& test : after)
      if (test.kind == Kind::key && test.holds && !before.contains(test)) keys.push_back(test.atom);
    return keys;
  }

  // Keys that the maps of the new code begin with.
  bool needs_made_keys(const UnfitState& unfit) const {
    return !unfit.keys.empty() && std::ranges::all_of(unfit.keys, [&](const Atom& key) {
      return std::ranges::any_of(maps_.made, [&](const auto& made) { return made.contains(key); });
    });
  }

  // Where the tests differ, and whether by keys.
  static std::map<PartTest::Place, bool> places(const UnfitState& unfit) {
    std::map<PartTest::Place, bool> found;
    for (const PartTests& tests : unfit.after)
      for (const PartTest& test : tests)
        if (!unfit.before.contains(test)) found[test.place] |= test.kind == Kind::key;
    return found;
  }

  void add_known(UnfitState& unfit) const {
    for (const auto& [place, by_keys] : places(unfit)) {
      const auto is_there = [&](const PartTest& test) { return test.place == place && test.holds; };
      for (const CallbackPath& path : to_.paths)
        for (const PartTest& test : as_records(path.state))
          if (is_there(test) && is_of_one_kind(test)) add(unfit, {test});
      for (const std::set<Atom>& keys : maps_.made)
        if (by_keys) add(unfit, made(place, keys));
      // What was not tested may be any of the atoms that stand for no state yet.
      if (std::ranges::none_of(unfit.before, is_there)) add(unfit, {{place, Kind::type, Atom{"is_atom"}}});
    }
    unite(unfit.after);
  }

  static bool is_of_one_kind(const PartTest& test) {
    return test.kind == Kind::record || test.kind == Kind::equals;
  }

  static PartTests made(const PartTest::Place& place, const std::set<Atom>& keys) {
    PartTests tests{{place, Kind::map_size, {}, static_cast<std::uint32_t>(keys.size())}};
    for (const Atom& key : keys)
      tests.insert({place, Kind::key, key});
    return tests;
  }

  static void add(UnfitState& unfit, PartTests tests) {
    if (!contradict(unfit.before, tests)) unfit.after.push_back(std::move(tests));
  }

  const Callbacks& from_;
  const Callbacks& to_;
  const MapUse& maps_;
  std::vector<UnfitState> found_;
};

}  // namespace

std::vector<UnfitState> unfit_states(const Callbacks& from, const Callbacks& to, const MapUse& made) {
  return Comparison(from, to, made).all();
}

}  // namespace erlrc
