// SPDX-License-Identifier: BSD-3-Clause
#include <erlrc/beam/library.hpp>

#include "catch.hpp"

using namespace erlrc;

namespace {

/// `count` bytes, the lowest first.
Bytes little(std::uint64_t value, std::size_t count) {
  Bytes bytes;
  for (std::size_t i = 0; i < count; ++i, value >>= 8U)
    bytes += static_cast<char>(value & 0xffU);
  return bytes;
}

struct Segment {
  std::uint32_t type;
  std::uint32_t flags;
  Bytes bytes;
};

constexpr std::uint32_t load = 1, dynamic = 2, readable = 4, writable = 6;

/// A library of these segments, the addresses of which are 0x1000 above their places in the file.
Bytes library(const std::vector<Segment>& segments) {
  Bytes header =
      "\x7f"
      "ELF\x02\x01";
  header.resize(16);
  header += little(3, 2) + little(62, 2) + little(1, 4) + little(0, 8) + little(64, 8) + little(0, 8);
  header += little(0, 4) + little(64, 2) + little(56, 2) + little(segments.size(), 2) + little(0, 6);
  Bytes table, content;
  for (const Segment& segment : segments) {
    const std::uint64_t offset = 64 + 56 * segments.size() + content.size();
    table += little(segment.type, 4) + little(segment.flags, 4) + little(offset, 8);
    table += little(offset + 0x1000, 8) + little(0, 8) + little(segment.bytes.size(), 8);
    table += little(segment.bytes.size(), 8) + little(4096, 8);
    content += segment.bytes;
  }
  return header + table + content;
}

}  // namespace

TEST_CASE("the fixed parts of a library are those that are loaded and never written to") {
  const auto parts = fixed_parts(library(
      {{load, readable, "code"}, {load, writable, "data"}, {dynamic, readable, "tags"}, {load, 5, "more"}}));
  REQUIRE(parts);
  CHECK(*parts == std::vector<FixedPart>{{0x1000 + 64 + 4 * 56, 4, to_bytes(md5("code"))},
                                         {0x1000 + 64 + 4 * 56 + 12, 4, to_bytes(md5("more"))}});
}

TEST_CASE("what is not a whole library of 64 bits has no fixed parts") {
  const Bytes whole = library({{load, readable, "code"}});
  for (std::size_t size = 0; size < whole.size(); ++size)
    CHECK_FALSE(fixed_parts(BytesView(whole).substr(0, size)));
  for (std::size_t at = 0; at < whole.size(); ++at)
    for (const char byte : {'\0', '\x7f', '\xff'}) {
      Bytes changed = whole;
      changed[at] = byte;
      (void)fixed_parts(changed);  // any result
    }
}

TEST_CASE("60,000 parts of a library that overlap are not read") {
  Bytes whole = library(std::vector<Segment>(60'000, {load, readable, ""}));
  whole.resize(16U << 20U);
  for (std::size_t at = 64; at < 64 + 56 * 60'000; at += 56)
    whole.replace(at + 8, 32, little(0, 8) + little(0x1000, 8) + little(0, 8) + little(whole.size(), 8));
  CHECK_FALSE(fixed_parts(whole));
}
