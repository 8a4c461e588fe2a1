// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <array>
#include <cstdint>

#include <md5.h>

#include <erlrc/base/bytes.hpp>

// MD5 (RFC 1321), which the distribution handshake and the identity of a BEAM file need; computed by libmd.

namespace erlrc {

using Md5Digest = std::array<std::uint8_t, 16>;

/// Incremental MD5: `add` any number of times, then `digest` once.
class Md5 {
public:
  Md5();
  void add(BytesView bytes);
  Md5Digest digest();

private:
  MD5_CTX context_{};
};

Md5Digest md5(BytesView bytes);

/// The 16 bytes as a byte string, the form in which both the protocol and Erlang's `module_info(md5)` have
/// them.
Bytes to_bytes(const Md5Digest& digest);

}  // namespace erlrc
