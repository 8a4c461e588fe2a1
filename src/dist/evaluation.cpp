// SPDX-License-Identifier: BSD-3-Clause
#include <erlrc/dist/evaluation.hpp>

#include <algorithm>
#include <cstdint>
#include <utility>

#include <erlrc/term/etf.hpp>

namespace erlrc {
namespace {

constexpr std::uint8_t version_byte = 131;
constexpr std::uint8_t SMALL_TUPLE_EXT = 104;
constexpr std::uint8_t NIL_EXT = 106;
constexpr std::uint8_t LIST_EXT = 108;

constexpr const char* functions_variable = "Functions";

/// An orddict, which erl_eval of every release accepts: pairs sorted by name. `functions` is already encoded
/// and is copied.
void encode_bindings(Bindings bindings, BytesView functions, ByteWriter& out) {
  if (!functions.empty()) bindings.emplace_back(functions_variable, Term());
  std::ranges::sort(bindings, {}, &Bindings::value_type::first);
  out.u8(LIST_EXT).u32(static_cast<std::uint32_t>(bindings.size()));
  for (const auto& [name, value] : bindings) {
    out.u8(SMALL_TUPLE_EXT).u8(2);
    encode_term_body(Atom{name}, out);
    if (name == functions_variable) {
      out.bytes(functions);
    } else {
      encode_term_body(value, out);
    }
  }
  out.u8(NIL_EXT);
}

}  // namespace

Packet evaluation_request(const Reference& id, const Pid& from, BytesView forms, BytesView functions,
                          Bindings bindings) {
  // The argument list [Forms, Bindings, none].
  constexpr std::size_t usual_bindings = 8192;
  ByteWriter arguments;
  arguments.reserve(forms.size() + functions.size() + usual_bindings);
  arguments.u8(version_byte).u8(LIST_EXT).u32(3).bytes(forms);
  encode_bindings(std::move(bindings), functions, arguments);
  encode_term_body(Atom{"none"}, arguments);
  arguments.u8(NIL_EXT);
  const Term entry = tuple(Atom{"erl_eval"}, Atom{"exprs"}, 3);
  return {tuple(SPAWN_REQUEST, id, from, from, entry, list({Atom{"monitor"}})), arguments.take()};
}

}  // namespace erlrc
