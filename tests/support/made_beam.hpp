// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include <erlrc/base/bytes.hpp>
#include <erlrc/beam/beam.hpp>
#include <erlrc/term/etf.hpp>

namespace erlrc::test {

/// The file of a module `m` that is assembled from its instructions, each by its opcode (genop.tab of the
/// compiler) and its operands.
class MadeBeam {
public:
  explicit MadeBeam(std::vector<Atom> behaviours) : behaviours_(std::move(behaviours)) { atom("m"); }

  // Operands, of four bytes after their tag.
  static Bytes number(std::size_t value) { return operand(0, value); }
  static Bytes integer(std::size_t value) { return operand(1, value); }
  static Bytes x(std::size_t value) { return operand(3, value); }
  static Bytes y(std::size_t value) { return operand(4, value); }
  static Bytes to(std::size_t label) { return operand(5, label); }
  static Bytes literal(std::size_t value) { return "\x47" + number(value); }
  static Bytes elements(std::size_t count) {
    return "\x17" + number(count);
  }  ///< a list, before its elements

  static Bytes self() { return operand(2, 1); }  ///< the name of the module
  /// A new atom.
  Bytes atom(const std::string& name) {
    atoms_ += static_cast<char>(name.size()) + name;
    return operand(2, ++atom_count_);
  }
  void import(const Bytes& module, const Bytes& function, std::size_t arity) {
    imports_ += module.substr(1) + function.substr(1) + big_endian(arity);
  }
  void literal(const Term& term) {
    const Bytes bytes = encode_term(term);
    literals_ += big_endian(bytes.size()) + bytes;
    ++literal_count_;
  }

  MadeBeam& instruction(std::uint8_t opcode, const Bytes& operands = {}) {
    code_ += static_cast<char>(opcode) + operands;
    return *this;
  }
  std::size_t next_label() const { return labels_ + 1; }
  MadeBeam& label() { return instruction(1, number(++labels_)); }

  /// Begins an exported function.
  MadeBeam& function(const Bytes& name, std::size_t arity) {
    label().instruction(2, self() + name + number(arity)).label();
    exports_ += name.substr(1) + big_endian(arity) + big_endian(labels_);
    return *this;
  }

  Bytes file() const {
    const Term attributes = list({tuple(Atom{"behaviour"}, atoms(behaviours_))});
    Bytes body = "BEAM" + chunk("AtU8", big_endian(atom_count_) + atoms_) +
                 chunk("Code", big_endian(16) + Bytes(16, '\0') + code_ + "\x03") + chunk("StrT", "") +
                 chunk("ImpT", big_endian(imports_.size() / 12) + imports_) +
                 chunk("ExpT", big_endian(exports_.size() / 12) + exports_) +
                 chunk("Attr", encode_term(attributes));
    if (literal_count_ > 0) body += chunk("LitT", big_endian(0) + big_endian(literal_count_) + literals_);
    return "FOR1" + big_endian(body.size()) + body;
  }

private:
  static Bytes big_endian(std::size_t number) {
    return ByteWriter().u32(static_cast<std::uint32_t>(number)).take();
  }
  static Bytes operand(std::uint8_t tag, std::size_t value) {
    return Bytes(1, static_cast<char>(0x58 | tag)) + big_endian(value);
  }
  static Bytes chunk(const std::string& id, const Bytes& data) {
    return id + big_endian(data.size()) + data + Bytes((4 - data.size() % 4) % 4, '\0');
  }

  std::vector<Atom> behaviours_;
  Bytes atoms_, code_, exports_, imports_, literals_;
  std::size_t atom_count_ = 0, labels_ = 0, literal_count_ = 0;
};

}  // namespace erlrc::test
