// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <set>
#include <vector>

#include <erlrc/base/bytes.hpp>
#include <erlrc/beam/beam.hpp>
#include <erlrc/beam/shapes.hpp>

namespace erlrc {

// The parts of a module that this needs.
struct ShapeCode {
  BytesView code_chunk;
  std::function<Atom(std::uint32_t)> atom;  // by number in the file
  const std::vector<ImportedFunction>& imports;
  Bytes literals;  // the data of the LitT chunk, inflated
  std::set<FunctionName> exports;
  std::vector<std::uint32_t> fun_labels;  // of the FunT chunk
  std::vector<Atom> behaviours;
};

// Throws Unreadable and ShortRead.
Shapes read_shapes(const ShapeCode& module);

}  // namespace erlrc
