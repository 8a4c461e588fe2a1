// SPDX-License-Identifier: BSD-3-Clause
#include <erlrc/beam/library.hpp>

#include <cstddef>
#include <string_view>

namespace erlrc {
namespace {

constexpr std::string_view identification =
    "\x7f"
    "ELF\x02\x01";
constexpr std::size_t header_size = 64;
constexpr std::size_t program_header_size = 56;
constexpr std::uint32_t PT_LOAD = 1;
constexpr std::uint32_t PF_W = 2;

/// The number of `count` bytes at `at`, which must be there.
std::uint64_t number(BytesView bytes, std::size_t at, std::size_t count) {
  std::uint64_t value = 0;
  for (std::size_t i = count; i > 0; --i)
    value = value << 8U | static_cast<std::uint8_t>(bytes[at + i - 1]);
  return value;
}

}  // namespace

std::optional<std::vector<FixedPart>> fixed_parts(BytesView file) {
  if (!file.starts_with(identification) || file.size() < header_size) return std::nullopt;
  const std::uint64_t table = number(file, 32, 8);
  const std::uint64_t count = number(file, 56, 2);
  if (table > file.size() || count * program_header_size > file.size() - table) return std::nullopt;
  std::vector<FixedPart> parts;
  for (std::uint64_t i = 0; i < count; ++i) {
    const auto at = static_cast<std::size_t>(table + i * program_header_size);
    if (number(file, at, 4) != PT_LOAD || (number(file, at + 4, 4) & PF_W) != 0) continue;
    const std::uint64_t offset = number(file, at + 8, 8);
    const std::uint64_t size = number(file, at + 32, 8);
    if (offset > file.size() || size > file.size() - offset) return std::nullopt;
    const auto part = file.substr(static_cast<std::size_t>(offset), static_cast<std::size_t>(size));
    parts.push_back({number(file, at + 16, 8), size, to_bytes(md5(part))});
  }
  return parts;
}

}  // namespace erlrc
