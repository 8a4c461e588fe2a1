// SPDX-License-Identifier: BSD-3-Clause
#include <erlrc/term/match.hpp>

#include "show_term.hpp"

using namespace erlrc;

TEST_CASE("scalars match their own kind only") {
  CHECK(as_atom(Atom{"a"})->name == "a");
  CHECK(as_atom(binary("a")) == nullptr);
  CHECK(is_atom(Atom{"ok"}, "ok"));
  CHECK_FALSE(is_atom(Atom{"ok"}, "error"));
  CHECK_FALSE(is_atom(string("ok"), "ok"));
  CHECK(as_integer(-7) == -7);
  CHECK_FALSE(as_integer(1.0).has_value());
  CHECK(as_binary(binary("b"))->bytes == "b");
  CHECK(as_binary(string("b")) == nullptr);
}

TEST_CASE("lists and tuples return their elements") {
  const Term three = list({1, 2, 3});
  CHECK(as_list(three)->size() == 3);
  CHECK(as_list(Term(List{{1}, {2}})) == nullptr);
  CHECK(as_list(tuple(1)) == nullptr);
  const Term pair = tuple(Atom{"ok"}, 1);
  CHECK(as_tuple(pair)->size() == 2);
  CHECK(as_tuple(three) == nullptr);
  CHECK(as_tuple(pair, 2) != nullptr);
  CHECK(as_tuple(pair, 3) == nullptr);
}

TEST_CASE("a tagged tuple needs the tag and the arity") {
  const Term pair = tuple(Atom{"ok"}, 1);
  CHECK(as_tagged(pair, "ok", 2)->back() == Term(1));
  CHECK(as_tagged(pair, "ok", 3) == nullptr);
  CHECK(as_tagged(pair, "error", 2) == nullptr);
  CHECK(as_tagged(tuple(), "ok", 0) == nullptr);
  CHECK(as_tagged(tuple(1), "ok", 1) == nullptr);
}

TEST_CASE("text may be a string or a binary") {
  CHECK(as_string(list({97, 0x20ac})) == "a\u20ac");
  CHECK(as_string(list()) == "");
  CHECK_FALSE(as_string(binary("a")).has_value());
  CHECK_FALSE(as_string(list({Atom{"a"}})).has_value());
  CHECK_FALSE(as_string(list({-1})).has_value());
  CHECK_FALSE(as_string(list({0x110000})).has_value());
  CHECK_FALSE(as_string(list({0xd800})).has_value());
  CHECK_FALSE(as_string(Term(List{{97}, {98}})).has_value());
  CHECK(as_text(binary("b")) == "b");
  CHECK(as_text(string("s")) == "s");
  CHECK_FALSE(as_text(Atom{"a"}).has_value());
}

TEST_CASE("a list of atoms contains nothing else") {
  CHECK(as_atoms(list({Atom{"a"}, Atom{"b"}})) == std::vector<Atom>{{"a"}, {"b"}});
  CHECK(as_atoms(list()) == std::vector<Atom>{});
  CHECK_FALSE(as_atoms(list({Atom{"a"}, 1})).has_value());
  CHECK_FALSE(as_atoms(Atom{"a"}).has_value());
}

TEST_CASE("a value is looked up in a list of pairs or in a map") {
  const Term pairs = list({Atom{"flag"}, tuple(Atom{"a"}, 1), tuple(Atom{"b"}, 2, 3), tuple(Atom{"a"}, 4)});
  CHECK(*lookup(pairs, "a") == Term(1));
  CHECK(lookup(pairs, "b") == nullptr);
  CHECK(lookup(pairs, "flag") == nullptr);
  const Term map = Map{{{Atom{"k"}, 1}, {binary("a"), 2}}};
  CHECK(*lookup(map, "k") == Term(1));
  CHECK(lookup(map, "a") == nullptr);
  CHECK(lookup(Atom{"a"}, "a") == nullptr);
}
