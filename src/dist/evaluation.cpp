// SPDX-License-Identifier: BSD-3-Clause
#include <erlrc/dist/evaluation.hpp>

#include <algorithm>

#include <erlrc/term/etf.hpp>

namespace erlrc {
namespace {

constexpr std::uint8_t version_byte = 131;
constexpr std::uint8_t NIL_EXT = 106;
constexpr std::uint8_t LIST_EXT = 108;

constexpr std::uint8_t SMALL_TUPLE_EXT = 104;

void encode_list(std::size_t length, ByteWriter& out) {
  out.u8(LIST_EXT).u32(static_cast<std::uint32_t>(length));
}

/// An orddict, which erl_eval of every release takes: pairs sorted by name. `functions` is in its encoding already.
void encode_bindings(Bindings bindings, BytesView functions, ByteWriter& out) {
  std::ranges::sort(bindings, {}, &Bindings::value_type::first);
  const auto later = std::ranges::find_if(bindings, [](const auto& pair) { return pair.first > "Functions"; });
  encode_list(bindings.size() + 1, out);
  const auto encode_pairs = [&out](auto from, auto to) {
    for (; from != to; ++from)
      encode_term_body(tuple(Atom{from->first}, std::move(from->second)), out);
  };
  encode_pairs(bindings.begin(), later);
  out.u8(SMALL_TUPLE_EXT).u8(2);
  encode_term_body(Atom{"Functions"}, out);
  out.bytes(functions);
  encode_pairs(later, bindings.end());
  out.u8(NIL_EXT);
}

}  // namespace

Packet evaluation_request(const Reference& id, const Pid& from, BytesView forms, BytesView functions,
                          Bindings bindings) {
  // The argument list [Forms, Bindings, none]; the forms too are put in as they are.
  ByteWriter arguments;
  arguments.u8(version_byte);
  encode_list(3, arguments);
  arguments.bytes(forms);
  encode_bindings(std::move(bindings), functions, arguments);
  encode_term_body(Atom{"none"}, arguments);
  arguments.u8(NIL_EXT);
  const Term entry = tuple(Atom{"erl_eval"}, Atom{"exprs"}, 3);
  return {tuple(SPAWN_REQUEST, id, from, from, entry, list({Atom{"monitor"}})), arguments.take()};
}

}  // namespace erlrc
