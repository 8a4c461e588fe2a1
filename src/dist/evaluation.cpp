// SPDX-License-Identifier: BSD-3-Clause
#include <erlrc/dist/evaluation.hpp>

#include <cstddef>
#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include <erlrc/term/etf.hpp>

namespace erlrc {
namespace {

constexpr std::uint8_t version_byte = 131;
constexpr std::uint8_t SMALL_TUPLE_EXT = 104;
constexpr std::uint8_t NIL_EXT = 106;
constexpr std::uint8_t LIST_EXT = 108;

/// Without the version byte.
Bytes encoded(const Term& term) {
  ByteWriter out;
  encode_term_body(term, out);
  return out.take();
}

/// An orddict, which erl_eval of every release accepts: pairs sorted by name.
void write_bindings(const std::map<std::string_view, BytesView>& bindings, ByteWriter& out) {
  out.u8(LIST_EXT).u32(static_cast<std::uint32_t>(bindings.size()));
  for (const auto& [name, term] : bindings) {
    out.u8(SMALL_TUPLE_EXT).u8(2);
    encode_term_body(Atom{std::string(name)}, out);
    out.bytes(term);
  }
  out.u8(NIL_EXT);
}

}  // namespace

Packet evaluation_request(const Reference& id, const Pid& from, BytesView forms,
                          const EncodedBindings& encoded_bindings, const Bindings& bindings) {
  std::vector<Bytes> terms;
  terms.reserve(bindings.size());
  std::map<std::string_view, BytesView> all(encoded_bindings.begin(), encoded_bindings.end());
  for (const auto& [name, term] : bindings)
    all[name] = terms.emplace_back(encoded(term));
  // The argument list [Forms, Bindings, none].
  constexpr std::size_t around_each = 64;
  std::size_t size = forms.size() + around_each;
  for (const auto& [name, term] : all)
    size += term.size() + around_each;
  ByteWriter arguments;
  arguments.reserve(size);
  arguments.u8(version_byte).u8(LIST_EXT).u32(3).bytes(forms);
  write_bindings(all, arguments);
  encode_term_body(Atom{"none"}, arguments);
  arguments.u8(NIL_EXT);
  const Term entry = tuple(Atom{"erl_eval"}, Atom{"exprs"}, 3);
  return {tuple(SPAWN_REQUEST, id, from, from, entry, list({Atom{"monitor"}})), arguments.take()};
}

}  // namespace erlrc
