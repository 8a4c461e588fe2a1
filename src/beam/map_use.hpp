// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <set>
#include <utility>
#include <vector>

#include <erlrc/base/bytes.hpp>
#include <erlrc/beam/beam.hpp>
#include <erlrc/beam/shapes.hpp>

#include "instructions.hpp"

namespace erlrc {

// Notes what instructions do with the keys of maps. A key in a pattern is needed if the code fails where the
// pattern does not match; if it continues elsewhere, the key is optional.
class MapUseReader {
public:
  using AtomOf = std::function<Atom(std::uint32_t)>;
  // The literals are in the external format.
  MapUseReader(AtomOf atom, const std::vector<ImportedFunction>& imports,
               const std::vector<BytesView>& literals)
      : atom_(std::move(atom)), imports_(imports), literals_(literals) {}

  void note(const BeamInstruction& instruction);
  MapUse read();

private:
  void note_place(const BeamInstruction& instruction);
  void end_function();
  void note_pattern(const BeamInstruction& instruction, std::size_t step);
  void note_update(const BeamInstruction& instruction);
  void note_made(const BeamInstruction& instruction);
  void note_bif(const BeamInstruction& instruction);
  void note_argument(const Operand& value, const Operand& to);
  void note_call(std::uint64_t import);
  void note_badkey(const BeamInstruction& instruction);
  void note_literals(const BeamInstruction& instruction);
  void read_literal(BytesView literal);
  void add_made(std::set<Atom> keys);
  const ImportedFunction* imported(std::uint64_t number) const;

  AtomOf atom_;
  const std::vector<ImportedFunction>& imports_;
  const std::vector<BytesView>& literals_;
  std::set<std::uint64_t> used_literals_;  // but for those that a map begins as
  MapUse use_;
  std::vector<std::uint64_t> here_;  // the labels of this place
  // Of this function:
  std::map<std::uint64_t, std::set<Atom>> tested_;  // by the label where the code continues without the key
  std::set<std::uint64_t> failing_;                 // labels where it fails
  std::set<Atom> raised_;                           // keys for which it raises a badkey
  std::array<std::optional<Atom>, 2> arguments_;    // the first two of the next call, if they are atoms
};

}  // namespace erlrc
