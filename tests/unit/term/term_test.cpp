// SPDX-License-Identifier: BSD-3-Clause
#include <erlrc/term/term.hpp>

#include "show_term.hpp"

using namespace erlrc;

TEST_CASE("equality is exact") {
  CHECK(Term(1) == Term(1));
  CHECK_FALSE(Term(1) == Term(1.0));
  CHECK_FALSE(Term(Atom{"a"}) == binary("a"));
  CHECK_FALSE(string("a") == binary("a"));
  CHECK(tuple(1, Atom{"a"}) == tuple(1, Atom{"a"}));
  CHECK_FALSE(tuple(1) == tuple(1, 2));
  CHECK_FALSE(tuple(1) == list({1}));
  CHECK_FALSE(Term(List{{1}, {2}}) == list({1}));
  CHECK_FALSE(list({1, 2}) == list({2, 1}));
}

TEST_CASE("the order of the pairs of a map does not matter") {
  const Map map{{{Atom{"a"}, 1}, {Atom{"b"}, 2}}};
  CHECK(map == Map{{{Atom{"b"}, 2}, {Atom{"a"}, 1}}});
  CHECK_FALSE(map == Map{{{Atom{"b"}, 1}, {Atom{"a"}, 2}}});
  CHECK_FALSE(map == Map{{{Atom{"a"}, 1}, {Atom{"c"}, 2}}});
  CHECK_FALSE(map == Map{{{Atom{"a"}, 1}}});
}

TEST_CASE("a copy is an independent value") {
  Term term = tuple(Atom{"a"}, list({1, 2}), Map{{{1, tuple()}}}, List{{1}, {2}});
  Term copy = term;
  CHECK(copy == term);
  std::get<Tuple>(copy.value).elements.pop_back();
  CHECK_FALSE(copy == term);
  copy = term;
  CHECK(copy == term);
}

TEST_CASE("a part of a term can be assigned to the whole") {
  Term term = tuple(Atom{"outer"}, tuple(Atom{"inner"}, list({1})));
  SECTION("moved, of another kind") {
    Term other = list({term});
    other = std::move(std::get<List>(other.value).elements[0]);
    term = std::move(std::get<Tuple>(other.value).elements[1]);
  }
  SECTION("moved") {
    term = std::move(std::get<Tuple>(term.value).elements[1]);
  }
  SECTION("copied") {
    term = Term(std::get<Tuple>(term.value).elements[1]);
  }
  CHECK(term == tuple(Atom{"inner"}, list({1})));
}

TEST_CASE("assigning a term to itself does not change it") {
  Term term = list({1, 2});
  Term& same = term;
  term = same;
  CHECK(term == list({1, 2}));
  term = std::move(same);
  CHECK(term == list({1, 2}));
}

TEST_CASE("terms nested 100,000 levels deep are copied, compared and destroyed") {
  Term deep = list();
  for (int i = 0; i < 100'000; ++i) {
    List list;
    Map map;
    switch (i % 4) {
      case 0:
        list.elements.push_back(std::move(deep)), deep = std::move(list);
        break;
      case 1:
        list.elements.emplace_back(1), list.tail.push_back(std::move(deep)), deep = std::move(list);
        break;
      case 2:
        map.pairs.emplace_back(Atom{"k"}, std::move(deep)), deep = std::move(map);
        break;
      default:
        deep = tuple(Atom{"t"}, std::move(deep));
        break;
    }
  }
  const Term copy = deep;
  CHECK((copy == deep));
  deep = 0;
  CHECK_FALSE((copy == deep));
}

TEST_CASE("a string is a list of code points") {
  CHECK(string("a\u00e9\u20ac") == list({97, 0xe9, 0x20ac}));
  CHECK(string("\xe9") == list({0xe9}));
  CHECK(string("") == list());
}

TEST_CASE("small builders make the expected terms") {
  CHECK(boolean(true) == Term(Atom{"true"}));
  CHECK(boolean(false) == Term(Atom{"false"}));
  CHECK(atoms({Atom{"b"}, Atom{"a"}}) == list({Atom{"b"}, Atom{"a"}}));
  CHECK(tuple() == Term(Tuple{}));
  CHECK(Term() == list());
}
