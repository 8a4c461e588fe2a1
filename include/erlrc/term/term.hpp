// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <compare>
#include <cstdint>
#include <initializer_list>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <variant>
#include <vector>

#include <erlrc/base/bytes.hpp>

// An Erlang term as a value. The kinds are those of the "External Term Format" chapter of the ERTS user's
// guide; text inside terms is UTF-8.

namespace erlrc {

struct Term;

struct Atom {
  std::string name;  ///< UTF-8, at most 255 characters, without quotes
  auto operator<=>(const Atom&) const = default;
};

/// An integer that does not fit into 64 bits with sign.
struct BigInteger {
  bool negative = false;
  Bytes magnitude;  ///< little endian, no leading (last) zero byte
  bool operator==(const BigInteger&) const = default;
};

struct Binary {
  Bytes bytes;
  bool operator==(const Binary&) const = default;
};

/// A bit string whose length is not a multiple of eight.
struct BitString {
  Bytes bytes;                 ///< the last byte holds its bits at the high end
  std::uint8_t last_bits = 8;  ///< 1 to 7: number of bits used in the last byte
  bool operator==(const BitString&) const = default;
};

struct Pid {
  Atom node;
  std::uint32_t id = 0;
  std::uint32_t serial = 0;
  std::uint32_t creation = 0;
  bool operator==(const Pid&) const = default;
};

struct Port {
  Atom node;
  std::uint64_t id = 0;
  std::uint32_t creation = 0;
  bool operator==(const Port&) const = default;
};

struct Reference {
  Atom node;
  std::uint32_t creation = 0;
  std::vector<std::uint32_t> ids;  ///< 1 to 5 words
  bool operator==(const Reference&) const = default;
};

/// `fun Module:Function/Arity`.
struct Export {
  Atom module;
  Atom function;
  std::uint8_t arity = 0;
  bool operator==(const Export&) const = default;
};

/// A local fun. Funs are only passed along, never created here, so a fun keeps the encoding in which it came.
struct Fun {
  Atom module;
  std::uint8_t arity = 0;
  std::uint32_t index = 0;
  std::uint32_t uniq = 0;  ///< OldUniq
  Bytes encoded;           ///< the whole NEW_FUN_EXT, tag included
  bool operator==(const Fun&) const = default;
};

struct Tuple {
  std::vector<Term> elements;
  bool operator==(const Tuple&) const;
};

/// A list; a string is a list of its code points. `tail` is empty for a proper list and has one element for
/// an improper list.
struct List {
  std::vector<Term> elements;
  std::vector<Term> tail;
  bool operator==(const List&) const;
};

/// A map with its pairs in the order in which they came.
struct Map {
  std::vector<std::pair<Term, Term>> pairs;
  bool operator==(const Map&) const;  ///< the order of pairs matters only in maps that are (parts of) keys
};

struct Term {
  using Value = std::variant<std::int64_t, BigInteger, double, Atom, Binary, BitString, Pid, Port, Reference,
                             Export, Fun, Tuple, List, Map>;

  // Implicit on purpose: a term is built by writing its value.
  Term() : value(List{}) {}
  Term(Atom v) : value(std::move(v)) {}
  Term(BigInteger v) : value(std::move(v)) {}
  Term(Binary v) : value(std::move(v)) {}
  Term(BitString v) : value(std::move(v)) {}
  Term(Pid v) : value(std::move(v)) {}
  Term(Port v) : value(std::move(v)) {}
  Term(Reference v) : value(std::move(v)) {}
  Term(Export v) : value(std::move(v)) {}
  Term(Fun v) : value(std::move(v)) {}
  Term(Tuple v) : value(std::move(v)) {}
  Term(List v) : value(std::move(v)) {}
  Term(Map v) : value(std::move(v)) {}
  Term(double v) : value(v) {}
  Term(std::int64_t v) : value(v) {}
  Term(int v) : value(std::int64_t{v}) {}
  Term(bool) = delete;         // write Atom{"true"}
  Term(const char*) = delete;  // write string(..), binary(..) or Atom{..}

  // A peer decides how deep a term is nested, so copying and destroying do not recurse.
  Term(const Term& other);
  Term(Term&& other) noexcept = default;
  Term& operator=(const Term& other);
  Term& operator=(Term&& other) noexcept;
  ~Term() {
    if (is_container()) dismantle();
  }

  /// Exact equality, like `=:=`: 1 and 1.0 differ.
  bool operator==(const Term&) const;

  /// Whether the term is a tuple, list or map, which may hold other terms.
  bool is_container() const noexcept { return value.index() >= 11; }

  Value value;

private:
  void dismantle() noexcept;
};

static_assert(std::is_same_v<std::variant_alternative_t<11, Term::Value>, Tuple>);

/// `{a, B, ..}`
template <typename... Elements>
Term tuple(Elements&&... elements) {
  Tuple made;
  made.elements.reserve(sizeof...(elements));
  (made.elements.emplace_back(std::forward<Elements>(elements)), ...);
  return made;
}

/// A proper list.
Term list(std::vector<Term> elements = {});

/// A list of atoms, in the order given.
Term atoms(const std::vector<Atom>& names);

/// A string of Erlang: the list of the code points of `utf8`. Bytes that are not UTF-8 count as Latin-1.
Term string(std::string_view utf8);

Term binary(BytesView bytes);

/// A list of binaries, in the order given.
Term binaries(const std::vector<std::string>& all);

/// `true` or `false`.
Term boolean(bool value);

}  // namespace erlrc

template <>
struct std::hash<erlrc::Atom> {
  std::size_t operator()(const erlrc::Atom& atom) const noexcept {
    return std::hash<std::string>{}(atom.name);
  }
};
