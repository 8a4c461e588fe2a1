// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <memory>
#include <optional>

#include <erlrc/sys/byte_stream.hpp>
#include <erlrc/sys/unique_fd.hpp>

// TCP connections within this host. A read or write waits in poll(2) until its deadline; interrupted calls
// are repeated here and nowhere else.

namespace erlrc {

/// A connected stream socket.
class Socket : public ByteStream {
public:
  /// Takes over `fd`, which must be connected and non-blocking.
  explicit Socket(UniqueFd fd);

  Bytes read_some(Deadline until) override;
  void write_all(BytesView bytes, Deadline until) override;

  /// The user whose process has the other end. Only if that has sent something is this known for sure: until
  /// then, it may be a connection that no process has accepted. nullopt: no process has it, because it was
  /// closed. Throws SystemError if the kernel does not report it.
  std::optional<uid_t> peer_owner() const;

private:
  UniqueFd fd_;
};

/// Connects to `port` of this host: 127.0.0.1, and if nothing listens there, ::1 (the only address of a node
/// started with `-proto_dist inet6_tcp`), and then every other address on which a process listens on
/// this port, as far as the kernel lists them. Null: nothing listens. Throws TimedOut, and SystemError for any other failure.
std::unique_ptr<Socket> connect_to_local_port(std::uint16_t port, Deadline until);

}  // namespace erlrc
