// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <cstdint>
#include <functional>
#include <vector>

#include <erlrc/beam/beam.hpp>

// Finds the effects of a supervisor's init/1 in its instructions.

namespace erlrc {

// The parts of a module that this needs.
struct InitCode {
  BytesView code_chunk;
  std::function<Atom(std::uint32_t)> atom;  // by number in the file
  const std::vector<ImportedFunction>& imports;
  std::vector<std::uint32_t> fun_labels;  // labels of the funs that the module creates, by number
  bool names_tables = false;              // the module has the atom named_table
};

SupervisorInit read_supervisor_init(const InitCode& module);

}  // namespace erlrc
