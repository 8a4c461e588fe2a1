// SPDX-License-Identifier: BSD-3-Clause
#include <erlrc/dist/evaluation.hpp>

#include <algorithm>

#include <erlrc/term/etf.hpp>

namespace erlrc {
namespace {

constexpr std::uint8_t version_byte = 131;
constexpr std::uint8_t NIL_EXT = 106;
constexpr std::uint8_t LIST_EXT = 108;

/// An orddict, which erl_eval of every release takes: pairs sorted by name.
Term to_term(Bindings bindings) {
  std::ranges::sort(bindings, {}, &Bindings::value_type::first);
  std::vector<Term> pairs;
  pairs.reserve(bindings.size());
  for (auto& [name, value] : bindings)
    pairs.push_back(tuple(Atom{name}, std::move(value)));
  return list(std::move(pairs));
}

}  // namespace

Packet evaluation_request(const Reference& id, const Pid& from, BytesView forms, Bindings bindings) {
  // The argument list [Forms, Bindings]; the forms are in their encoding already and are put in as they are.
  ByteWriter arguments;
  arguments.u8(version_byte).u8(LIST_EXT).u32(2).bytes(forms);
  encode_term_body(to_term(std::move(bindings)), arguments);
  arguments.u8(NIL_EXT);
  const Term entry = tuple(Atom{"erl_eval"}, Atom{"exprs"}, 2);
  return {tuple(SPAWN_REQUEST, id, from, from, entry, list({Atom{"monitor"}})), arguments.take()};
}

}  // namespace erlrc
