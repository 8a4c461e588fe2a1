// SPDX-License-Identifier: BSD-3-Clause
#include <erlrc/beam/library.hpp>

#include "elf.hpp"

namespace erlrc {

std::optional<std::vector<FixedPart>> fixed_parts(BytesView file) {
  const auto segments = elf_segments(file);
  if (!segments) return std::nullopt;
  std::vector<FixedPart> parts;
  std::uint64_t left = file.size();  // parts never overlap; each one would have to be read
  for (const ElfSegment& segment : *segments) {
    if (segment.type != ElfSegment::kLoad || (segment.flags & ElfSegment::kWritable) != 0) continue;
    if (segment.data.size() < segment.size || segment.size > left) return std::nullopt;
    left -= segment.size;
    parts.push_back({segment.address, segment.size, to_bytes(md5(segment.data))});
  }
  return parts;
}

}  // namespace erlrc
