// SPDX-License-Identifier: BSD-3-Clause
#include "elf.hpp"

#include <algorithm>
#include <cstddef>
#include <string_view>

namespace erlrc {
namespace {

constexpr std::string_view identification =
    "\x7f"
    "ELF\x02\x01";
constexpr std::size_t header_size = 64;
constexpr std::size_t program_header_size = 56;

// No linker makes more.
constexpr std::uint64_t most_segments = 64;

}  // namespace

std::uint64_t elf_number(BytesView bytes) {
  std::uint64_t value = 0;
  for (std::size_t i = std::min<std::size_t>(bytes.size(), 8); i > 0; --i)
    value = value << 8U | static_cast<std::uint8_t>(bytes[i - 1]);
  return value;
}

std::optional<std::vector<ElfSegment>> elf_segments(BytesView file) {
  if (!file.starts_with(identification) || file.size() < header_size) return std::nullopt;
  const auto number = [](BytesView bytes, std::size_t at, std::size_t size) {
    return elf_number(bytes.substr(at, size));
  };
  const std::uint64_t table = number(file, 32, 8);
  const std::uint64_t count = number(file, 56, 2);
  if (count > most_segments) return std::nullopt;
  if (table > file.size() || count * program_header_size > file.size() - table) return std::nullopt;
  std::vector<ElfSegment> segments;
  for (std::uint64_t i = 0; i < count; ++i) {
    const BytesView header = file.substr(table + i * program_header_size, program_header_size);
    const std::uint64_t offset = number(header, 8, 8), size = number(header, 32, 8);
    const BytesView data = offset > file.size() ? BytesView{} : file.substr(offset, size);
    segments.push_back({number(header, 0, 4), number(header, 4, 4), number(header, 16, 8), size, data});
  }
  return segments;
}

}  // namespace erlrc
