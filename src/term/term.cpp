// SPDX-License-Identifier: BSD-3-Clause
#include <erlrc/term/term.hpp>

#include <algorithm>

#include <erlrc/base/error.hpp>
#include <erlrc/base/utf8.hpp>

namespace erlrc {

namespace {

// Calls `visit` with each term directly inside `term`.
template <typename T, typename Visit>
void for_each_inside(T& term, Visit visit) {
  if (auto* tuple = std::get_if<Tuple>(&term.value)) {
    for (auto& element : tuple->elements)
      visit(element);
  } else if (auto* list = std::get_if<List>(&term.value)) {
    for (auto& element : list->elements)
      visit(element);
    for (auto& element : list->tail)
      visit(element);
  } else if (auto* map = std::get_if<Map>(&term.value)) {
    for (auto& [key, value] : map->pairs) {
      visit(key);
      visit(value);
    }
  }
}

bool holds_terms(const Term& term) {
  return std::visit(
      Overload{[](const Tuple& tuple) { return !tuple.elements.empty(); },
               [](const List& list) { return !list.elements.empty() || !list.tail.empty(); },
               [](const Map& map) { return !map.pairs.empty(); }, [](const auto&) { return false; }},
      term.value);
}

bool is_nested(const Term& term) {
  bool found = false;
  for_each_inside(term, [&](const Term& inside) { found = found || holds_terms(inside); });
  return found;
}

// Moves the terms nested inside `term` out of it, so that its destructor recurses two levels at most.
void flatten(Term& term, std::vector<Term>& out) {
  for_each_inside(term, [&](Term& inside) {
    if (is_nested(inside)) out.push_back(std::move(inside));
  });
}

// A pair of terms that is still to be copied or compared.
template <typename T>
struct Pending {
  T* left;
  const Term* right;
};

void copy_all(std::vector<Term>& to, const std::vector<Term>& from, std::vector<Pending<Term>>& pending) {
  to.resize(from.size());
  for (std::size_t i = 0; i < from.size(); ++i)
    pending.push_back({&to[i], &from[i]});
}

// Copies the value of `from` to `to`, except for the terms inside, which are added to `pending`.
void copy_one(Term& to, const Term& from, std::vector<Pending<Term>>& pending) {
  std::visit(Overload{[&](const Tuple& tuple) {
                        copy_all(to.value.emplace<Tuple>().elements, tuple.elements, pending);
                      },
                      [&](const List& list) {
                        List& made = to.value.emplace<List>();
                        copy_all(made.elements, list.elements, pending);
                        copy_all(made.tail, list.tail, pending);
                      },
                      [&](const Map& map) {
                        Map& made = to.value.emplace<Map>();
                        made.pairs.resize(map.pairs.size());
                        for (std::size_t i = 0; i < map.pairs.size(); ++i) {
                          pending.push_back({&made.pairs[i].first, &map.pairs[i].first});
                          pending.push_back({&made.pairs[i].second, &map.pairs[i].second});
                        }
                      },
                      [&]<typename Scalar>(const Scalar& scalar) { to.value.emplace<Scalar>(scalar); }},
             from.value);
}

bool compare_all(const std::vector<Term>& a, const std::vector<Term>& b,
                 std::vector<Pending<const Term>>& pending) {
  if (a.size() != b.size()) return false;
  for (std::size_t i = a.size(); i-- > 0;)
    pending.push_back({&a[i], &b[i]});
  return true;
}

// Whether the pairs of two maps are the same in the same order, except for what is added to `pending`.
bool compare_in_order(const Map& a, const Map& b, std::vector<Pending<const Term>>& pending) {
  if (a.pairs.size() != b.pairs.size()) return false;
  for (std::size_t i = a.pairs.size(); i-- > 0;) {
    pending.push_back({&a.pairs[i].second, &b.pairs[i].second});
    pending.push_back({&a.pairs[i].first, &b.pairs[i].first});
  }
  return true;
}

bool same_key(const Term& a, const Term& b);

// Looks for each key at its own index first: two maps are mostly in the same order.
bool compare_in_any_order(const Map& a, const Map& b, std::vector<Pending<const Term>>& pending) {
  if (a.pairs.size() != b.pairs.size()) return false;
  for (std::size_t i = 0; i < a.pairs.size(); ++i) {
    const Term& key = a.pairs[i].first;
    const auto found =
        same_key(key, b.pairs[i].first)
            ? b.pairs.begin() + static_cast<std::ptrdiff_t>(i)
            : std::ranges::find_if(b.pairs, [&](const auto& pair) { return same_key(key, pair.first); });
    if (found == b.pairs.end()) return false;
    pending.push_back({&a.pairs[i].second, &found->second});
  }
  return true;
}

// Whether two terms are equal, except for the terms inside, which are added to `pending`.
template <typename CompareMaps>
bool compare_one(const Term& a, const Term& b, std::vector<Pending<const Term>>& pending,
                 CompareMaps compare_maps) {
  if (a.value.index() != b.value.index()) return false;
  return std::visit(
      Overload{[&](const Tuple& tuple) {
                 return compare_all(tuple.elements, std::get<Tuple>(b.value).elements, pending);
               },
               [&](const List& list) {
                 const List& other = std::get<List>(b.value);
                 return compare_all(list.tail, other.tail, pending) &&
                        compare_all(list.elements, other.elements, pending);
               },
               [&](const Map& map) { return compare_maps(map, std::get<Map>(b.value), pending); },
               [&]<typename Scalar>(const Scalar& scalar) { return scalar == std::get<Scalar>(b.value); }},
      a.value);
}

template <typename CompareMaps>
bool compare_pending(std::vector<Pending<const Term>>& pending, CompareMaps compare_maps) {
  while (!pending.empty()) {
    const auto [a, b] = pending.back();
    pending.pop_back();
    if (!compare_one(*a, *b, pending, compare_maps)) return false;
  }
  return true;
}

bool same_key(const Term& a, const Term& b) {
  std::vector<Pending<const Term>> pending;
  return compare_one(a, b, pending, compare_in_order) && compare_pending(pending, compare_in_order);
}

}  // namespace

bool Tuple::operator==(const Tuple& other) const {
  std::vector<Pending<const Term>> pending;
  return compare_all(elements, other.elements, pending) && compare_pending(pending, compare_in_any_order);
}

bool List::operator==(const List& other) const {
  std::vector<Pending<const Term>> pending;
  return compare_all(tail, other.tail, pending) && compare_all(elements, other.elements, pending) &&
         compare_pending(pending, compare_in_any_order);
}

bool Map::operator==(const Map& other) const {
  std::vector<Pending<const Term>> pending;
  return compare_in_any_order(*this, other, pending) && compare_pending(pending, compare_in_any_order);
}

bool Term::operator==(const Term& other) const {
  std::vector<Pending<const Term>> pending;
  return compare_one(*this, other, pending, compare_in_any_order) &&
         compare_pending(pending, compare_in_any_order);
}

Term::Term(const Term& other) {
  std::vector<Pending<Term>> pending;
  copy_one(*this, other, pending);
  while (!pending.empty()) {
    const auto [to, from] = pending.back();
    pending.pop_back();
    copy_one(*to, *from, pending);
  }
}

Term& Term::operator=(const Term& other) {
  if (this != &other) *this = Term(other);
  return *this;
}

Term& Term::operator=(Term&& other) noexcept {
  if (this == &other) return *this;
  // The old value must outlive the move: `other` may be a part of it.
  Term old(std::move(*this));
  value = std::move(other.value);
  return *this;
}

void Term::dismantle() noexcept {
  std::vector<Term> doomed;
  flatten(*this, doomed);
  while (!doomed.empty()) {
    Term term = std::move(doomed.back());
    doomed.pop_back();
    flatten(term, doomed);
  }
}

Term list(std::vector<Term> elements) {
  return List{std::move(elements), {}};
}

Term atoms(const std::vector<Atom>& names) {
  return list({names.begin(), names.end()});
}

Term string(std::string_view utf8) {
  List made;
  made.elements.reserve(utf8.size());
  for (std::size_t at = 0; at < utf8.size();)
    made.elements.emplace_back(std::int64_t{next_code_point(utf8, at)});
  return made;
}

Term binary(BytesView bytes) {
  return Binary{Bytes(bytes)};
}

Term binaries(const std::vector<std::string>& all) {
  std::vector<Term> made;
  made.reserve(all.size());
  for (const std::string& each : all)
    made.push_back(binary(each));
  return list(std::move(made));
}

Term boolean(bool value) {
  return Atom{value ? "true" : "false"};
}

}  // namespace erlrc
