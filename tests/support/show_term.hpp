// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <string>

#include <erlrc/term/text.hpp>

#include "catch.hpp"

// Prints terms in messages of failed checks as Erlang would. Include it in every test that compares terms.

template <>
struct Catch::StringMaker<erlrc::Term> {
  static std::string convert(const erlrc::Term& term) { return erlrc::print_term(term); }
};

template <>
struct Catch::StringMaker<erlrc::Atom> {
  static std::string convert(const erlrc::Atom& atom) { return erlrc::print_atom(atom.name); }
};
