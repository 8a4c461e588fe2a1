// SPDX-License-Identifier: BSD-3-Clause
#include <erlrc/base/utf8.hpp>

#include <vector>

#include "catch.hpp"

using namespace erlrc;

namespace {

std::vector<std::uint32_t> code_points(std::string_view text) {
  std::vector<std::uint32_t> found;
  for (std::size_t at = 0; at < text.size();)
    found.push_back(next_code_point(text, at));
  return found;
}

}  // namespace

TEST_CASE("every code point is written and read back") {
  for (std::uint32_t c = 0; c <= 0x110000; ++c) {
    std::string text;
    const bool scalar = c <= 0x10ffff && (c < 0xd800 || c > 0xdfff);
    if (append_utf8(c, text) != scalar || text.empty() == scalar || !is_utf8(text))
      FAIL_CHECK("code point " << c);
    if (scalar && code_points(text) != std::vector{c}) FAIL_CHECK("code point " << c);
  }
}

TEST_CASE("bytes that are not UTF-8 count as characters") {
  const auto [text, valid] = GENERATE(table<std::string, std::size_t>({{"\x80", 0},
                                                                       {"a\xff", 1},
                                                                       {"ab\xc3", 2},
                                                                       {"\xc0\x80", 0},
                                                                       {"\xe0\x80\x80", 0},
                                                                       {"\xed\xa0\x80", 0},
                                                                       {"\xf4\x90\x80\x80", 0},
                                                                       {"\xe2\x82", 0},
                                                                       {"\xc3\x41", 0}}));
  CHECK_FALSE(is_utf8(text));
  CHECK(valid_utf8_prefix(text) == valid);
  std::vector<std::uint32_t> bytes;
  for (char c : text)
    bytes.push_back(static_cast<std::uint8_t>(c));
  CHECK(code_points(text) == bytes);
}

TEST_CASE("Latin-1 becomes UTF-8") {
  CHECK(latin1_to_utf8("caf\xe9\x80") == "caf\u00e9\u0080");
}
