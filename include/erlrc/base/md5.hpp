// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <array>
#include <cstdint>

#include <erlrc/base/bytes.hpp>

// MD5 (RFC 1321), needed by the distribution handshake and for the identity of a BEAM file. Our own, because
// the programs that maintainer scripts call load no library beyond libc.

namespace erlrc {

using Md5Digest = std::array<std::uint8_t, 16>;

/// Incremental MD5: `add` any number of times, then `digest` once.
class Md5 {
public:
  void add(BytesView bytes);
  Md5Digest digest();

private:
  void block(const char* data);

  std::array<std::uint32_t, 4> state_{0x67452301, 0xefcdab89, 0x98badcfe, 0x10325476};
  std::uint64_t length_ = 0;
  std::array<char, 64> pending_{};
};

Md5Digest md5(BytesView bytes);

/// The 16 bytes as a byte string, the way both the protocol and Erlang's `module_info(md5)` carry them.
Bytes to_bytes(const Md5Digest& digest);

}  // namespace erlrc
