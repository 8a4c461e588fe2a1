// SPDX-License-Identifier: BSD-3-Clause
#include <algorithm>
#include <bit>
#include <limits>
#include <string>
#include <variant>
#include <vector>

#include <erlrc/base/error.hpp>
#include <erlrc/term/etf.hpp>

#include "etf_tags.hpp"

// Works on a list of what is still to be written rather than on the call stack: terms come from peers, which
// choose their depth.

namespace erlrc {
namespace {

using namespace etf;

void encode_atom(const Atom& atom, ByteWriter& out) {
  if (atom.name.size() <= 255)
    out.u8(SMALL_ATOM_UTF8_EXT).u8(static_cast<std::uint8_t>(atom.name.size()));
  else if (atom.name.size() <= 4 * kMaxAtomCharacters)
    out.u8(ATOM_UTF8_EXT).u16(static_cast<std::uint16_t>(atom.name.size()));
  else
    throw Error("atom of " + std::to_string(atom.name.size()) + " bytes: longer than an atom can be");
  out.bytes(atom.name);
}

std::uint32_t checked_count(std::size_t count) {
  if (count > std::numeric_limits<std::uint32_t>::max())
    throw Error("term of " + std::to_string(count) + " elements: more than can be sent");
  return static_cast<std::uint32_t>(count);
}

bool is_byte(const Term& term) {
  const auto* value = std::get_if<std::int64_t>(&term.value);
  return value != nullptr && *value >= 0 && *value <= 255;
}

bool is_byte_string(const List& list) {
  return list.tail.empty() && !list.elements.empty() && list.elements.size() <= 65535 &&
         std::ranges::all_of(list.elements, is_byte);
}

class Encoder {
public:
  explicit Encoder(ByteWriter& out) : out_(out) {}

  void encode(const Term& term) {
    todo_.push_back(&term);
    while (!todo_.empty()) {
      const Term* next = todo_.back();
      todo_.pop_back();
      if (next == nullptr)
        out_.u8(NIL_EXT);
      else
        std::visit([this](const auto& value) { put(value); }, next->value);
    }
  }

private:
  void put(std::int64_t value) {
    if (value >= 0 && value <= 255) {
      out_.u8(SMALL_INTEGER_EXT).u8(static_cast<std::uint8_t>(value));
    } else if (value >= std::numeric_limits<std::int32_t>::min() &&
               value <= std::numeric_limits<std::int32_t>::max()) {
      out_.u8(INTEGER_EXT).u32(static_cast<std::uint32_t>(value));
    } else {
      const auto bits = std::bit_cast<std::uint64_t>(value);
      BigInteger big{value < 0, {}};
      for (std::uint64_t left = value < 0 ? std::uint64_t{0} - bits : bits; left != 0; left >>= 8)
        big.magnitude.push_back(static_cast<char>(left & 0xff));
      put(big);
    }
  }

  void put(const BigInteger& big) {
    if (big.magnitude.size() <= 255)
      out_.u8(SMALL_BIG_EXT).u8(static_cast<std::uint8_t>(big.magnitude.size()));
    else
      out_.u8(LARGE_BIG_EXT).u32(checked_count(big.magnitude.size()));
    out_.u8(big.negative ? 1 : 0).bytes(big.magnitude);
  }

  void put(double value) { out_.u8(NEW_FLOAT_EXT).u64(std::bit_cast<std::uint64_t>(value)); }
  void put(const Atom& atom) { encode_atom(atom, out_); }

  void put(const Binary& binary) {
    out_.u8(BINARY_EXT).u32(checked_count(binary.bytes.size())).bytes(binary.bytes);
  }

  void put(const BitString& bits) {
    out_.u8(BIT_BINARY_EXT).u32(checked_count(bits.bytes.size())).u8(bits.last_bits).bytes(bits.bytes);
  }

  void put(const Pid& pid) {
    out_.u8(NEW_PID_EXT);
    encode_atom(pid.node, out_);
    out_.u32(pid.id).u32(pid.serial).u32(pid.creation);
  }

  // Uses the 64-bit form only where necessary: nodes before OTP 24 do not know it.
  void put(const Port& port) {
    const bool wide = port.id > std::numeric_limits<std::uint32_t>::max();
    out_.u8(wide ? V4_PORT_EXT : NEW_PORT_EXT);
    encode_atom(port.node, out_);
    wide ? out_.u64(port.id) : out_.u32(static_cast<std::uint32_t>(port.id));
    out_.u32(port.creation);
  }

  void put(const Reference& reference) {
    out_.u8(NEWER_REFERENCE_EXT).u16(static_cast<std::uint16_t>(reference.ids.size()));
    encode_atom(reference.node, out_);
    out_.u32(reference.creation);
    for (std::uint32_t id : reference.ids)
      out_.u32(id);
  }

  void put(const Export& value) {
    out_.u8(EXPORT_EXT);
    encode_atom(value.module, out_);
    encode_atom(value.function, out_);
    out_.u8(SMALL_INTEGER_EXT).u8(value.arity);
  }

  void put(const Fun& fun) { out_.bytes(fun.encoded); }

  void put(const Tuple& tuple) {
    if (tuple.elements.size() <= 255)
      out_.u8(SMALL_TUPLE_EXT).u8(static_cast<std::uint8_t>(tuple.elements.size()));
    else
      out_.u8(LARGE_TUPLE_EXT).u32(checked_count(tuple.elements.size()));
    later(tuple.elements);
  }

  void put(const List& list) {
    if (list.elements.empty() && list.tail.empty()) {
      out_.u8(NIL_EXT);
    } else if (is_byte_string(list)) {
      out_.u8(STRING_EXT).u16(static_cast<std::uint16_t>(list.elements.size()));
      for (const Term& element : list.elements)
        out_.u8(static_cast<std::uint8_t>(std::get<std::int64_t>(element.value)));
    } else {
      out_.u8(LIST_EXT).u32(checked_count(list.elements.size()));
      todo_.push_back(list.tail.empty() ? nullptr : &list.tail.front());
      later(list.elements);
    }
  }

  void put(const Map& map) {
    out_.u8(MAP_EXT).u32(checked_count(map.pairs.size()));
    for (std::size_t i = map.pairs.size(); i-- > 0;) {
      todo_.push_back(&map.pairs[i].second);
      todo_.push_back(&map.pairs[i].first);
    }
  }

  void later(const std::vector<Term>& terms) {
    for (std::size_t i = terms.size(); i-- > 0;)
      todo_.push_back(&terms[i]);
  }

  ByteWriter& out_;
  std::vector<const Term*> todo_;  // the next one is the last; null means NIL
};

}  // namespace

void encode_term_body(const Term& term, ByteWriter& writer) {
  Encoder(writer).encode(term);
}

Bytes encode_term(const Term& term) {
  ByteWriter writer;
  writer.u8(kVersion);
  encode_term_body(term, writer);
  return writer.take();
}

}  // namespace erlrc
