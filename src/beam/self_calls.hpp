// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <cstdint>
#include <functional>
#include <vector>

#include <erlrc/base/bytes.hpp>
#include <erlrc/beam/beam.hpp>

namespace erlrc {

// The parts of a module that this needs.
struct SelfCallParts {
  BytesView code_chunk;
  std::function<Atom(std::uint32_t)> atom;  // by number in the file
  Atom module;
  const std::vector<ImportedFunction>& imports;
  std::vector<std::uint32_t> fun_labels;  // labels of the funs that the module creates, by number
};

// The functions that call others of their module by full name, themselves or by what they call in it. Throws
// Unreadable and ShortRead.
std::vector<SelfCalls> read_self_calls(const SelfCallParts& module);

}  // namespace erlrc
