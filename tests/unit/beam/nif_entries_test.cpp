// SPDX-License-Identifier: BSD-3-Clause
#include <erlrc/beam/nif_entries.hpp>

#include <cstdint>

#include "catch.hpp"

using namespace erlrc;

namespace {

Bytes little(std::uint64_t value, std::size_t count) {
  Bytes bytes;
  for (std::size_t i = 0; i < count; ++i, value >>= 8U)
    bytes += static_cast<char>(value & 0xffU);
  return bytes;
}

/// A library whose addresses are those in its file, with the entries of two modules; the first can take over.
Bytes library(std::uint64_t interface = 2) {
  constexpr std::uint64_t content = 64 + 2 * 56;
  constexpr std::uint64_t texts = content, first = content + 32, second = first + 80, table = second + 80;
  const Bytes names = Bytes("one\0two\0beam.vanilla\0", 21) + Bytes(11, '\0');
  const auto entry = [&] { return little(interface, 4) + little(15, 4) + Bytes(72, '\0'); };
  Bytes relocations;
  const auto relocate = [&](std::uint64_t at, std::uint64_t to) {
    relocations += little(at, 8) + little(8, 8) + little(to, 8);
  };
  relocate(first + 8, texts);
  relocate(first + 8 + 40, 1);
  relocate(first + 8 + 56, texts + 8);
  relocate(second + 8, texts + 4);
  relocate(second + 8 + 56, texts + 8);
  const std::uint64_t tags = table + relocations.size();
  const Bytes dynamic =
      little(7, 8) + little(table, 8) + little(8, 8) + little(relocations.size(), 8) + Bytes(16, '\0');
  Bytes header = Bytes(
      "\x7f"
      "ELF\x02\x01");
  header.resize(16);
  header += little(3, 2) + little(62, 2) + little(1, 4) + little(0, 8) + little(64, 8) + little(0, 8);
  header += little(0, 4) + little(64, 2) + little(56, 2) + little(2, 2) + little(0, 6);
  const auto segment = [](std::uint64_t type, std::uint64_t at, std::uint64_t size) {
    return little(type, 4) + little(6, 4) + little(at, 8) + little(at, 8) + little(0, 8) + little(size, 8) +
           little(size, 8) + little(8, 8);
  };
  const std::uint64_t end = tags + dynamic.size();
  return header + segment(1, 0, end) + segment(2, tags, dynamic.size()) + names + entry() + entry() +
         relocations + dynamic;
}

}  // namespace

TEST_CASE("a NIF library shows its modules, and whether it can take over from another one") {
  CHECK(nif_entries(library()) == std::vector<NifEntry>{{"one", true}, {"two", false}});
}

TEST_CASE("what is not a NIF library shows nothing") {
  CHECK(nif_entries("").empty());
  CHECK(nif_entries("text").empty());
  CHECK(nif_entries(library(3)).empty());
}

TEST_CASE("a library that is cut, or damaged, is read as far as it goes") {
  const Bytes whole = library();
  for (std::size_t size = 0; size < whole.size(); ++size)
    CHECK(nif_entries(BytesView(whole).substr(0, size)).size() <= 2);
  for (std::size_t at = 0; at < whole.size(); ++at)
    for (const char byte : {'\0', '\x7f', '\xff'}) {
      Bytes damaged = whole;
      damaged[at] = byte;
      CHECK(nif_entries(damaged).size() <= 2);
    }
}

TEST_CASE("a library that would take hours to read is read in a moment") {
  // Each relocation may have to be searched for in each segment, and each dynamic segment be searched.
  const auto with_segments = [](std::size_t count, std::uint64_t type) {
    Bytes file = library();
    const Bytes segment = file.substr(type == 1 ? 64 : 64 + 56, 56);
    const std::uint64_t table = file.size();
    file.replace(32, 8, little(table, 8)).replace(56, 2, little(count, 2));
    for (std::size_t i = 0; i < count; ++i)
      file += Bytes(segment).replace(8, 8, little(type == 1 ? 1 : 0, 8)).replace(32, 8, little(1U << 24U, 8));
    return file + Bytes(16U << 20U, '\1');
  };
  CHECK(nif_entries(with_segments(60'000, 1)).empty());
  CHECK(nif_entries(with_segments(60'000, 2)).empty());
}

TEST_CASE("a library has entries for a few modules, not for all its relocations") {
  Bytes file = library();
  const std::uint64_t version = file.size(), name = version + 8, count = 100'000;
  Bytes relocations;
  for (std::uint64_t i = 0; i < count; ++i) {
    file += little(2, 8);
    relocations += little(name + 8 * i, 8) + little(8, 8) + little(64 + 2 * 56 + 8, 8);
  }
  const std::uint64_t table = file.size(), end = table + relocations.size();
  file += relocations;
  const std::size_t tags = file.find(little(7, 8) + little(64 + 2 * 56 + 32 + 160, 8));
  REQUIRE(tags != Bytes::npos);
  file.replace(tags + 8, 8, little(table, 8)).replace(tags + 24, 8, little(relocations.size(), 8));
  file.replace(64 + 32, 8, little(end, 8));
  CHECK(nif_entries(file).size() == 1000);
}
