// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include <erlrc/base/bytes.hpp>
#include <erlrc/base/md5.hpp>

// Shared libraries (elf(5); 64 bits, little-endian), which modules load for their native functions.

namespace erlrc {

/// A part of a library that is never written to, so that it is the same in its file and in memory.
struct FixedPart {
  std::uint64_t address = 0;
  std::uint64_t size = 0;
  Bytes md5;
  bool operator==(const FixedPart&) const = default;
};

/// The fixed parts of a library, in the order of its file. Two libraries with the same ones are of the same
/// build: the linker puts a digest of everything there. Nullopt for a file that is not such a library.
std::optional<std::vector<FixedPart>> fixed_parts(BytesView file);

}  // namespace erlrc
