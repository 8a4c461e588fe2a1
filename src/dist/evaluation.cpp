// SPDX-License-Identifier: BSD-3-Clause
#include <erlrc/dist/evaluation.hpp>

#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <string_view>

#include <erlrc/term/etf.hpp>

namespace erlrc {
namespace {

constexpr std::uint8_t version_byte = 131;
constexpr std::uint8_t SMALL_TUPLE_EXT = 104;
constexpr std::uint8_t NIL_EXT = 106;
constexpr std::uint8_t LIST_EXT = 108;

/// An orddict, which erl_eval of every release accepts: pairs sorted by name.
void write_bindings(const EncodedBindings& encoded, const Bindings& bindings, ByteWriter& out) {
  std::map<std::string_view, std::function<void()>> writers;
  for (const auto& [name, term] : encoded)
    writers[name] = [&out, term] { out.bytes(term); };
  for (const auto& [name, term] : bindings)
    writers[name] = [&out, &term] { encode_term_body(term, out); };
  out.u8(LIST_EXT).u32(static_cast<std::uint32_t>(writers.size()));
  for (const auto& [name, write] : writers) {
    out.u8(SMALL_TUPLE_EXT).u8(2);
    encode_term_body(Atom{std::string(name)}, out);
    write();
  }
  out.u8(NIL_EXT);
}

}  // namespace

Packet evaluation_request(const Reference& id, const Pid& from, BytesView forms,
                          const EncodedBindings& encoded, const Bindings& bindings) {
  // The argument list [Forms, Bindings, none].
  constexpr std::size_t usual_bindings = 8192;
  std::size_t size = forms.size() + usual_bindings;
  for (const auto& [name, term] : encoded)
    size += term.size();
  ByteWriter arguments;
  arguments.reserve(size);
  arguments.u8(version_byte).u8(LIST_EXT).u32(3).bytes(forms);
  write_bindings(encoded, bindings, arguments);
  encode_term_body(Atom{"none"}, arguments);
  arguments.u8(NIL_EXT);
  const Term entry = tuple(Atom{"erl_eval"}, Atom{"exprs"}, 3);
  return {tuple(SPAWN_REQUEST, id, from, from, entry, list({Atom{"monitor"}})), arguments.take()};
}

}  // namespace erlrc
