// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <map>
#include <string>
#include <vector>

#include <erlrc/base/bytes.hpp>

// What a NIF library shows of itself in its file: ErlNifEntry in erl_nif(3), which ERL_NIF_INIT makes.

namespace erlrc {

/// The entry of one module.
struct NifEntry {
  std::string module;
  bool takes_over = false;  ///< it has a function `upgrade`, so it can be loaded while another one is
  bool operator==(const NifEntry&) const = default;
};

/// The entries of libraries, by their paths below priv.
using NifLibraries = std::map<std::string, std::vector<NifEntry>>;

/// The entries of a library, in the order of their addresses. Empty for one whose entry is made while it
/// runs, and for what is not such a library (elf(5); 64 bits, little-endian).
std::vector<NifEntry> nif_entries(BytesView file);

}  // namespace erlrc
