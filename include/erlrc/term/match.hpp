// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include <erlrc/term/term.hpp>

// Looking into a term. Each function answers "no" with a null pointer or nullopt, so that the caller can say
// what it expected instead.

namespace erlrc {

const Atom* as_atom(const Term& term);
bool is_atom(const Term& term, std::string_view name);
std::optional<std::int64_t> as_integer(const Term& term);
const Binary* as_binary(const Term& term);

/// The elements of a proper list.
const std::vector<Term>* as_list(const Term& term);

/// The elements of a tuple; with `arity`, only of one that has just so many.
const std::vector<Term>* as_tuple(const Term& term);
const std::vector<Term>* as_tuple(const Term& term, std::size_t arity);

/// The elements of a tuple whose first element is the atom `tag`, of `arity` elements in all.
const std::vector<Term>* as_tagged(const Term& term, std::string_view tag, std::size_t arity);

/// A string of Erlang (a proper list of code points, also the empty list) as UTF-8.
std::optional<std::string> as_string(const Term& term);

/// A string or a binary as bytes of text, as Erlang's `unicode:chardata()` mostly comes.
std::optional<std::string> as_text(const Term& term);

/// A proper list of atoms.
std::optional<std::vector<Atom>> as_atoms(const Term& term);

/// The value of the first `{key, Value}` in a proper list, or of `key` in a map; null if there is none.
const Term* lookup(const Term& list_or_map, std::string_view key);

}  // namespace erlrc
