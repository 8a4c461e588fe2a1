// SPDX-License-Identifier: BSD-3-Clause
#include <erlrc/beam/nif_entries.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <string_view>

namespace erlrc {
namespace {

constexpr std::string_view identification =
    "\x7f"
    "ELF\x02\x01";
constexpr std::size_t header_size = 64;
constexpr std::size_t program_header_size = 56;
constexpr std::uint64_t PT_LOAD = 1;
constexpr std::uint64_t PT_DYNAMIC = 2;
constexpr std::uint64_t DT_RELA = 7;
constexpr std::uint64_t DT_RELASZ = 8;
constexpr std::uint64_t relocation_size = 24;

// Distances from the name of the module, which comes after the version of the interface.
constexpr std::uint64_t upgrade_at = 40;
constexpr std::uint64_t variant_at = 56;
constexpr std::uint64_t interface = 2;

/// The first eight bytes at most, the lowest first.
std::uint64_t number(BytesView bytes) {
  std::uint64_t value = 0;
  for (std::size_t i = std::min<std::size_t>(bytes.size(), 8); i > 0; --i)
    value = value << 8U | static_cast<std::uint8_t>(bytes[i - 1]);
  return value;
}

/// The part of `bytes` that is there.
BytesView part(BytesView bytes, std::uint64_t at, std::uint64_t size) {
  return at > bytes.size() ? BytesView{} : bytes.substr(at, size);
}

struct Segment {
  std::uint64_t type = 0, offset = 0, address = 0, size = 0;
};

class Image {
public:
  explicit Image(BytesView file) : file_(file) {
    if (!file.starts_with(identification) || file.size() < header_size) return;
    const std::uint64_t table = number(part(file, 32, 8)), count = number(part(file, 56, 2));
    for (std::uint64_t i = 0; i < count; ++i) {
      const BytesView header =
          part(part(file, table, file.size()), i * program_header_size, program_header_size);
      if (header.size() < program_header_size) return;
      segments_.push_back({number(part(header, 0, 4)), number(part(header, 8, 8)),
                           number(part(header, 16, 8)), number(part(header, 32, 8))});
    }
  }

  /// What is at that address, up to `size` bytes.
  BytesView at(std::uint64_t address, std::uint64_t size) const {
    for (const Segment& segment : segments_)
      if (segment.type == PT_LOAD && address >= segment.address && address - segment.address < segment.size)
        return part(part(file_, segment.offset, segment.size), address - segment.address, size);
    return {};
  }

  std::string_view text_at(std::uint64_t address) const {
    constexpr std::uint64_t longest_name = 256;
    const BytesView text = at(address, longest_name);
    return text.substr(0, text.find('\0'));
  }

  std::map<std::uint64_t, std::uint64_t> tags() const {
    std::map<std::uint64_t, std::uint64_t> tags;
    for (const Segment& segment : segments_) {
      if (segment.type != PT_DYNAMIC) continue;
      const BytesView entries = part(file_, segment.offset, segment.size);
      for (std::size_t i = 0; i + 16 <= entries.size(); i += 16)
        tags.emplace(number(entries.substr(i, 8)), number(entries.substr(i + 8, 8)));
    }
    return tags;
  }

private:
  BytesView file_;
  std::vector<Segment> segments_;
};

/// By address, what is put there.
std::map<std::uint64_t, std::uint64_t> relocations_of(const Image& image) {
  std::map<std::uint64_t, std::uint64_t> relocations;
  const auto tags = image.tags();
  const auto table = tags.find(DT_RELA), size = tags.find(DT_RELASZ);
  if (table == tags.end() || size == tags.end()) return relocations;
  const BytesView bytes = image.at(table->second, size->second);
  for (std::size_t i = 0; i + relocation_size <= bytes.size(); i += relocation_size)
    relocations.emplace(number(bytes.substr(i, 8)), number(bytes.substr(i + 16, 8)));
  return relocations;
}

}  // namespace

std::vector<NifEntry> nif_entries(BytesView file) {
  const Image image(file);
  const auto relocations = relocations_of(image);
  std::vector<NifEntry> entries;
  for (const auto& [where, name] : relocations) {
    const auto variant = relocations.find(where + variant_at);
    if (variant == relocations.end() || !image.text_at(variant->second).starts_with("beam.")) continue;
    const BytesView version = where < 8 ? BytesView{} : image.at(where - 8, 4);
    if (version.size() == 4 && number(version) == interface)
      entries.push_back({std::string(image.text_at(name)), relocations.contains(where + upgrade_at)});
  }
  return entries;
}

}  // namespace erlrc
