// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <cstdint>
#include <memory>

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

private:
  UniqueFd fd_;
};

/// Connects to `port` of this host: 127.0.0.1, and if nothing listens there, ::1 (the only address of a node
/// started with `-proto_dist inet6_tcp`). Null: nothing listens on either. Throws TimedOut, and SystemError
/// for any other failure.
std::unique_ptr<Socket> connect_to_local_port(std::uint16_t port, Deadline until);

}  // namespace erlrc
