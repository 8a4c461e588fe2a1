// SPDX-License-Identifier: BSD-3-Clause
#include <erlrc/beam/nif_entries.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "elf.hpp"

namespace erlrc {
namespace {

constexpr std::uint64_t DT_RELA = 7;
constexpr std::uint64_t DT_RELASZ = 8;
constexpr std::uint64_t relocation_size = 24;

// No library has entries for so many modules.
constexpr std::size_t most_entries = 1000;

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

  /// The value of a tag of the dynamic segment.
  std::optional<std::uint64_t> tag(std::uint64_t key) const {
    const auto dynamic = std::ranges::find(segments_, ElfSegment::kDynamic, &ElfSegment::type);
    if (dynamic == segments_.end()) return std::nullopt;
    const BytesView entries = dynamic->data;
    for (std::size_t i = 0; i + 16 <= entries.size(); i += 16)
      if (elf_number(entries.substr(i, 8)) == key) return elf_number(entries.substr(i + 8, 8));
    return std::nullopt;
  }

private:
  std::vector<ElfSegment> segments_;
};

/// What the linker puts at addresses, which are in order.
class Relocations {
public:
  explicit Relocations(const Image& image) {
    const auto table = image.tag(DT_RELA), size = image.tag(DT_RELASZ);
    if (!table || !size) return;
    const BytesView bytes = image.at(*table, *size);
    for (std::size_t i = 0; i + relocation_size <= bytes.size(); i += relocation_size)
      all_.emplace_back(elf_number(bytes.substr(i, 8)), elf_number(bytes.substr(i + 16, 8)));
    std::ranges::sort(all_);
  }

  std::optional<std::uint64_t> at(std::uint64_t address) const {
    const auto found = std::ranges::lower_bound(all_, std::pair(address, std::uint64_t{0}));
    return found == all_.end() || found->first != address ? std::nullopt : std::optional(found->second);
  }

  const std::vector<std::pair<std::uint64_t, std::uint64_t>>& all() const { return all_; }

private:
  std::vector<std::pair<std::uint64_t, std::uint64_t>> all_;
};

}  // namespace

std::vector<NifEntry> nif_entries(BytesView file) {
  const Image image(file);
  const Relocations relocations(image);
  std::vector<NifEntry> entries;
  for (const auto& [where, name] : relocations.all()) {
    const auto variant = relocations.at(where + variant_at);
    if (!variant || !image.text_at(*variant).starts_with("beam.")) continue;
    const BytesView version = where < 8 ? BytesView{} : image.at(where - 8, 4);
    if (version.size() == 4 && elf_number(version) == interface && entries.size() < most_entries)
      entries.push_back({std::string(image.text_at(name)), relocations.at(where + upgrade_at).has_value()});
  }
  return entries;
}

}  // namespace erlrc
