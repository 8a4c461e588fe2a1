// SPDX-License-Identifier: BSD-3-Clause
#include <erlrc/base/md5.hpp>

#include <algorithm>

#include "catch.hpp"

using namespace erlrc;

namespace {

std::string hex(const Md5Digest& digest) {
  constexpr std::string_view digits = "0123456789abcdef";
  std::string text;
  for (const std::uint8_t byte : digest)
    text += {digits[byte >> 4], digits[byte & 15]};
  return text;
}

}  // namespace

TEST_CASE("the digests of the test suite of RFC 1321 are correct") {
  const auto [text, digest] = GENERATE(table<std::string, std::string>(
      {{"", "d41d8cd98f00b204e9800998ecf8427e"},
       {"a", "0cc175b9c0f1b6a831c399e269772661"},
       {"abc", "900150983cd24fb0d6963f7d28e17f72"},
       {"message digest", "f96b697d7cb7938d525a2f31aaf161d0"},
       {"abcdefghijklmnopqrstuvwxyz", "c3fcd3d76192e4007dfb496cca67e13b"},
       {"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789", "d174ab98d277d9f5a5611c2c9f419d9f"},
       {"12345678901234567890123456789012345678901234567890123456789012345678901234567890",
        "57edf4a22be3c955ac49da2e2107b67a"}}));
  CHECK(hex(md5(text)) == digest);
}

TEST_CASE("the digest does not depend on how the bytes are divided") {
  Bytes text;
  for (int i = 0; i < 300; ++i)
    text.push_back(static_cast<char>(i * 7));
  const Md5Digest whole = md5(text);
  const std::size_t piece = GENERATE(1U, 3U, 55U, 56U, 57U, 63U, 64U, 65U, 128U, 299U);
  Md5 state;
  for (BytesView rest = text; !rest.empty(); rest.remove_prefix(std::min(piece, rest.size())))
    state.add(rest.substr(0, piece));
  state.add("");
  CHECK(state.digest() == whole);
}

// The digests are those of erlang:md5/1.
TEST_CASE("digests of lengths around the limit of the padding are correct") {
  const auto [length, digest] =
      GENERATE(table<std::size_t, std::string>({{55, "ef1772b6dff9a122358552954ad0df65"},
                                                {56, "3b0c8ac703f828b04c6c197006d17218"},
                                                {63, "b06521f39153d618550606be297466d5"},
                                                {64, "014842d480b571495a4a0363793f7367"},
                                                {65, "c743a45e0d2e6a95cb859adae0248435"},
                                                {1000000, "7707d6ae4e027c70eea2a935c2296f21"}}));
  CHECK(hex(md5(Bytes(length, 'a'))) == digest);
}

TEST_CASE("a digest can be converted to bytes") {
  CHECK(to_bytes(md5("")) == Bytes("\xd4\x1d\x8c\xd9\x8f\x00\xb2\x04\xe9\x80\x09\x98\xec\xf8\x42\x7e", 16));
}
