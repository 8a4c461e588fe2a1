// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <erlrc/term/term.hpp>

// Access to the parts of a term. Each function returns a null pointer or nullopt for a term of another shape,
// so that the caller can report what it expected instead.

namespace erlrc {

const Atom* as_atom(const Term& term);
bool is_atom(const Term& term, std::string_view name);
std::optional<std::int64_t> as_integer(const Term& term);
const Binary* as_binary(const Term& term);

/// The elements of a proper list.
const std::vector<Term>* as_list(const Term& term);

/// The elements of a tuple; with `arity`, only if it has exactly that many.
const std::vector<Term>* as_tuple(const Term& term);
const std::vector<Term>* as_tuple(const Term& term, std::size_t arity);

/// The elements of a tuple whose first element is the atom `tag`, of `arity` elements in all.
const std::vector<Term>* as_tagged(const Term& term, std::string_view tag, std::size_t arity);

/// A string of Erlang (a proper list of code points, also the empty list) as UTF-8.
std::optional<std::string> as_string(const Term& term);

/// A string or a binary, the usual forms of Erlang's `unicode:chardata()`, as bytes of text.
std::optional<std::string> as_text(const Term& term);

/// A proper list of atoms.
std::optional<std::vector<Atom>> as_atoms(const Term& term);

/// The value of the first `{key, Value}` in a proper list, or of `key` in a map; null without such a key.
const Term* lookup(const Term& list_or_map, std::string_view key);

}  // namespace erlrc
