// SPDX-License-Identifier: BSD-3-Clause
#include "part_test.hpp"

#include <algorithm>
#include <array>
#include <cstdint>
#include <string_view>

namespace erlrc {
namespace {

using Kind = PartTest::Kind;

// Types that share no terms, with the guards for some of their terms.
constexpr std::array<std::array<std::string_view, 3>, 9> kTypes{{{"is_number", "is_integer", "is_float"},
                                                                 {"is_atom", "is_boolean"},
                                                                 {"is_list", "is_nonempty_list", "is_nil"},
                                                                 {"is_tuple"},
                                                                 {"is_map"},
                                                                 {"is_binary"},
                                                                 {"is_pid"},
                                                                 {"is_reference"},
                                                                 {"is_function"}}};

// The guard that holds if the test does.
std::string_view type_of(const PartTest& test) {
  switch (test.kind) {
    case Kind::arity:
    case Kind::record:
      return "is_tuple";
    case Kind::equals:
      return "is_atom";
    case Kind::key:
    case Kind::map_size:
      return "is_map";
    case Kind::type:
      break;
  }
  return test.atom.name;
}

// The row of kTypes; its end if the type is not there.
auto family(std::string_view type) {
  return std::ranges::find_if(kTypes,
                              [&](const auto& row) { return std::ranges::find(row, type) != row.end(); });
}

bool exclude(std::string_view one, std::string_view other) {
  const auto first = family(one), second = family(other);
  if (first == kTypes.end() || second == kTypes.end()) return false;
  if (first != second) return true;
  return one != other && one != first->front() && other != first->front();
}

bool implies(std::string_view one, std::string_view other) {
  if (one == other) return true;
  const auto row = family(one);
  return row != kTypes.end() && row->front() == other;
}

// Whether no term passes both, at the same place.
bool exclude(const PartTest& one, const PartTest& other) {
  if (exclude(type_of(one), type_of(other))) return true;
  const auto sized = [](const PartTest& test) {
    return test.kind == Kind::arity || test.kind == Kind::record;
  };
  if (sized(one) && sized(other) && one.number != other.number) return true;
  return one.kind == other.kind && (one.kind == Kind::record || one.kind == Kind::equals) &&
         one.atom != other.atom;
}

// Whether `fails` holds if `holds` does, at the same place.
bool refutes(const PartTest& holds, const PartTest& fails) {
  if (holds.kind == fails.kind && holds.atom == fails.atom && holds.number == fails.number) return true;
  if (fails.kind == Kind::type) return implies(type_of(holds), fails.atom.name);
  return fails.kind == Kind::arity && holds.kind == Kind::record && holds.number == fails.number;
}

// `record` holds, `element` is a test of its first element.
bool exclude_tag(const PartTest& record, const PartTest& element) {
  PartTest::Place first = record.place;
  first.emplace_back(std::uint32_t{1});
  return record.kind == Kind::record && record.holds && element.kind == Kind::equals &&
         element.place == first && (element.atom == record.atom) != element.holds;
}

}  // namespace

bool contradict(const PartTest& one, const PartTest& other) {
  if (one.place != other.place) return exclude_tag(one, other) || exclude_tag(other, one);
  if (one.holds && other.holds) return exclude(one, other);
  return one.holds != other.holds && (one.holds ? refutes(one, other) : refutes(other, one));
}

bool contradict(const PartTests& tests, const PartTest& other) {
  return std::ranges::any_of(tests, [&](const PartTest& test) { return contradict(test, other); });
}

bool contradict(const PartTests& some, const PartTests& others) {
  return std::ranges::any_of(others, [&](const PartTest& other) { return contradict(some, other); });
}

PartTest negated(PartTest test) {
  test.holds = !test.holds;
  return test;
}

bool implies(const PartTests& tests, const PartTests& others) {
  return std::ranges::all_of(others,
                             [&](const PartTest& other) { return contradict(tests, negated(other)); });
}

PartTests as_records(const PartTests& tests) {
  PartTests found(tests);
  for (const PartTest& size : tests)
    for (const PartTest& tag : tests) {
      const PartTest record{size.place, Kind::record, tag.atom, size.number};
      if (size.kind != Kind::arity || !size.holds || !tag.holds || !exclude_tag(record, negated(tag)))
        continue;
      for (const PartTest& part : {size, tag, PartTest{size.place, Kind::type, Atom{"is_tuple"}}})
        found.erase(part);
      found.insert(record);
    }
  return found;
}

}  // namespace erlrc
