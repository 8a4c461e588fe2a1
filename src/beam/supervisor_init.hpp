// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <functional>
#include <vector>

#include <erlrc/beam/beam.hpp>

// What the code of a supervisor's init/1 does, read from its instructions.

namespace erlrc {

// The parts of a module that the question needs.
struct InitCode {
  BytesView code_chunk;
  std::function<Atom(std::uint32_t)> atom;  // by its number in the file
  const std::vector<ImportedFunction>& imports;
  std::vector<std::uint32_t> fun_labels;  // of the funs that the module makes, by number
  bool names_tables = false;              // it has the atom named_table
};

SupervisorInit read_supervisor_init(const InitCode& module);

}  // namespace erlrc
