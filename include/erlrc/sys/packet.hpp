// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <optional>

#include <erlrc/base/bytes.hpp>

// What an Erlang port with `{packet, 4}` says and hears over a pipe: bytes with their number, in four bytes,
// before them.

namespace erlrc {

/// The next packet; nullopt at the end. Throws SystemError if reading fails, ProtocolError for an end in the
/// middle of a packet and for one of more than 64 MiB.
std::optional<Bytes> read_packet(int fd);

/// `bytes` as a packet.
Bytes packet(BytesView bytes);

/// Writes one. Throws SystemError.
void write_packet(int fd, BytesView bytes);

}  // namespace erlrc
