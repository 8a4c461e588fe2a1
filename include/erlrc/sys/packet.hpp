// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <optional>

#include <erlrc/base/bytes.hpp>

// What an Erlang port with `{packet, 4}` writes to a pipe and reads from it: bytes after their number, which
// takes four bytes.

namespace erlrc {

/// The next packet; nullopt at the end. Throws SystemError if reading fails, ProtocolError for an end in the
/// middle of a packet and for a packet of more than 64 MiB.
std::optional<Bytes> read_packet(int fd);

/// `bytes` as a packet.
Bytes packet(BytesView bytes);

/// Writes `bytes` as a packet. Throws SystemError.
void write_packet(int fd, BytesView bytes);

}  // namespace erlrc
