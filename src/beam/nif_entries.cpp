// SPDX-License-Identifier: BSD-3-Clause
#include <erlrc/beam/nif_entries.hpp>

#include <cstddef>
#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "elf.hpp"

namespace erlrc {
namespace {

constexpr std::uint64_t DT_RELA = 7;
constexpr std::uint64_t DT_RELASZ = 8;
constexpr std::uint64_t relocation_size = 24;

// Distances from the name of the module, which comes after the version of the interface.
constexpr std::uint64_t upgrade_at = 40;
constexpr std::uint64_t variant_at = 56;
constexpr std::uint64_t interface = 2;

class Image {
public:
  explicit Image(BytesView file) : segments_(elf_segments(file).value_or(std::vector<ElfSegment>{})) {}

  /// What is at that address, up to `size` bytes.
  BytesView at(std::uint64_t address, std::uint64_t size) const {
    for (const ElfSegment& segment : segments_)
      if (segment.type == ElfSegment::kLoad && address >= segment.address &&
          address - segment.address < segment.data.size())
        return segment.data.substr(address - segment.address, size);
    return {};
  }

  std::string_view text_at(std::uint64_t address) const {
    constexpr std::uint64_t longest_name = 256;
    const BytesView text = at(address, longest_name);
    return text.substr(0, text.find('\0'));
  }

  std::map<std::uint64_t, std::uint64_t> tags() const {
    std::map<std::uint64_t, std::uint64_t> tags;
    for (const ElfSegment& segment : segments_) {
      if (segment.type != ElfSegment::kDynamic) continue;
      for (std::size_t i = 0; i + 16 <= segment.data.size(); i += 16)
        tags.emplace(elf_number(segment.data.substr(i, 8)), elf_number(segment.data.substr(i + 8, 8)));
    }
    return tags;
  }

private:
  std::vector<ElfSegment> segments_;
};

/// By address, what is put there.
std::map<std::uint64_t, std::uint64_t> relocations_of(const Image& image) {
  std::map<std::uint64_t, std::uint64_t> relocations;
  const auto tags = image.tags();
  const auto table = tags.find(DT_RELA), size = tags.find(DT_RELASZ);
  if (table == tags.end() || size == tags.end()) return relocations;
  const BytesView bytes = image.at(table->second, size->second);
  for (std::size_t i = 0; i + relocation_size <= bytes.size(); i += relocation_size)
    relocations.emplace(elf_number(bytes.substr(i, 8)), elf_number(bytes.substr(i + 16, 8)));
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
    if (version.size() == 4 && elf_number(version) == interface)
      entries.push_back({std::string(image.text_at(name)), relocations.contains(where + upgrade_at)});
  }
  return entries;
}

}  // namespace erlrc
