// SPDX-License-Identifier: BSD-3-Clause
#include <algorithm>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include <erlrc/beam/shapes.hpp>

// Tests as guards of match specifications (ets:match_spec_compile/1). There a guard that fails is false as a
// whole, so no test of a part is reached before it is known that the state has that part.

namespace erlrc {
namespace {

using Kind = PartTest::Kind;

Term call(std::string_view name, Term one) {
  return tuple(Atom{std::string(name)}, std::move(one));
}

Term call(std::string_view name, Term one, Term other) {
  return tuple(Atom{std::string(name)}, std::move(one), std::move(other));
}

// An atom itself: others are variables.
Term constant(const Atom& atom) {
  return call("const", atom);
}

// One step into a term.
Term part(const Term& at, const PartTest::Place::value_type& step) {
  if (const Atom* key = std::get_if<Atom>(&step)) return call("map_get", constant(*key), at);
  return call("element", std::int64_t{std::get<std::uint32_t>(step)}, at);
}

Term part(const PartTest::Place& place) {
  Term at = Atom{"$2"};
  for (const auto& step : place)
    at = part(at, step);
  return at;
}

Term has_part(const Term& at, const PartTest::Place::value_type& step) {
  if (const Atom* key = std::get_if<Atom>(&step))
    return call("andalso", call("is_map", at), call("is_map_key", constant(*key), at));
  return call("andalso", call("is_tuple", at),
              call(">=", call("size", at), std::int64_t{std::get<std::uint32_t>(step)}));
}

Term type_guard(const PartTest& test) {
  const std::string& name = test.atom.name;
  const Term at = part(test.place);
  if (name == "is_nil") return call("=:=", at, list());
  if (name == "is_nonempty_list") return call("andalso", call("is_list", at), call("=/=", at, list()));
  if (name == "is_boolean")
    return call("orelse", call("=:=", at, Atom{"true"}), call("=:=", at, Atom{"false"}));
  return call(name, at);
}

Term positive(const PartTest& test) {
  const Term at = part(test.place);
  const std::int64_t number{test.number};
  switch (test.kind) {
    case Kind::type:
      return type_guard(test);
    case Kind::arity:
      return call("andalso", call("is_tuple", at), call("=:=", call("size", at), number));
    case Kind::record:
      return tuple(Atom{"andalso"}, call("is_tuple", at), call("=:=", call("size", at), number),
                   call("=:=", call("element", std::int64_t{1}, at), constant(test.atom)));
    case Kind::equals:
      return call("=:=", at, constant(test.atom));
    case Kind::key:
      return call("andalso", call("is_map", at), call("is_map_key", constant(test.atom), at));
    case Kind::map_size:
      return call("andalso", call("is_map", at), call("=:=", call("map_size", at), number));
  }
  return Atom{"false"};
}

// Whether the state has that part, and the part passes the test.
std::vector<Term> guards(const PartTest& test) {
  std::vector<Term> found;
  Term at = Atom{"$2"};
  for (const auto& step : test.place) {
    found.push_back(has_part(at, step));
    at = part(at, step);
  }
  found.push_back(test.holds ? positive(test) : call("not", positive(test)));
  return found;
}

Term all(const PartTests& tests) {
  std::vector<Term> elements{Atom{"andalso"}, Atom{"true"}};
  for (const PartTest& test : tests)
    for (Term& guard : guards(test))
      if (std::ranges::find(elements, guard) == elements.end()) elements.push_back(std::move(guard));
  return Term{Tuple{std::move(elements)}};
}

}  // namespace

Term state_guard(const UnfitState& unfit) {
  std::vector<Term> elements{Atom{"andalso"}, all(unfit.before)};
  for (const PartTests& tests : unfit.after)
    elements.push_back(call("not", all(tests)));
  return Term{Tuple{std::move(elements)}};
}

}  // namespace erlrc
