// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include <erlrc/base/bytes.hpp>

// Programs and libraries of 64 bits, the lowest byte first (elf(5)).

namespace erlrc {

// The first eight bytes at most as a number.
std::uint64_t elf_number(BytesView bytes);

struct ElfSegment {
  static constexpr std::uint64_t kLoad = 1;      // PT_LOAD
  static constexpr std::uint64_t kDynamic = 2;   // PT_DYNAMIC
  static constexpr std::uint64_t kWritable = 2;  // PF_W

  std::uint64_t type = 0;
  std::uint64_t flags = 0;
  std::uint64_t address = 0;
  std::uint64_t size = 0;  // in the file
  BytesView data{};        // less than `size`, if the file is truncated
};

// The segments of its program headers; null for other files, if a header is missing, or there are more
// than any linker makes.
std::optional<std::vector<ElfSegment>> elf_segments(BytesView file);

}  // namespace erlrc
