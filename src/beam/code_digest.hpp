// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include <erlrc/beam/beam.hpp>

#include "chunks.hpp"

namespace erlrc {

// The parts of a module that this needs.
struct CodeParts {
  BytesView code_chunk;
  std::function<Atom(std::uint32_t)> atom;  // by number in the file
  const std::vector<ImportedFunction>& imports;
  std::vector<std::uint32_t> fun_labels;  // labels of the funs that the module creates, by number
  Bytes literals;                         // the data of the LitT chunk, inflated
};

// The version of the compiler that made the file; empty if the file does not have it: stripping removes it.
std::string compiler_version(const Chunks& chunks);

// The digest of those of these functions ("code_change/3") that the module has, and of all in it that they
// reach. It does not depend on what else is in the module. Null if it has none of them, or if they have
// instructions whose meaning is not known. The compiler is left out.
std::optional<CodeDigest> code_digest(const CodeParts& module, const std::set<std::string>& functions);

}  // namespace erlrc
