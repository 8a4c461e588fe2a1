// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

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

  /// The user whose process listens at the other end, which shows before that has sent anything who will
  /// answer. nullopt: not known.
  std::optional<uid_t> listener_owner() const;

  int descriptor() const { return fd_.get(); }

private:
  UniqueFd fd_;
};

/// A connection to a node that speaks TLS: the bytes pass through the helper program erlrc-tls, which has
/// OpenSSL in it.
class TlsStream : public ByteStream {
public:
  /// `argv` is the program and its arguments, but for the last one, the number of the descriptor that is
  /// connected to the node. Throws SystemError if it cannot be started.
  TlsStream(std::unique_ptr<Socket> network, const std::vector<std::string>& argv);
  ~TlsStream() override;
  TlsStream(const TlsStream&) = delete;
  TlsStream& operator=(const TlsStream&) = delete;

  /// Throws ProtocolError with the reason of the helper program if it has given up.
  Bytes read_some(Deadline until) override;
  void write_all(BytesView bytes, Deadline until) override;
  const Socket& network() const { return *network_; }

private:
  std::unique_ptr<Socket> network_;
  std::optional<Socket> helper_;
  std::optional<Socket> reason_;
  pid_t pid_ = 0;
};

/// Connects to `port` of this host: 127.0.0.1, and if nothing listens there, ::1 (the only address of a node
/// started with `-proto_dist inet6_tcp`), and then every other address on which a process listens on this
/// port, as far as the kernel lists them. With `address` (IPv4 or IPv6), only that one is tried. Null:
/// nothing listens. Throws TimedOut, and SystemError for any other failure.
std::unique_ptr<Socket> connect_to_local_port(std::uint16_t port, Deadline until,
                                              const std::optional<std::string>& address = std::nullopt);

/// Connects to `port` on an address on which a process of a user that `counts` listens. Null: no such
/// process, or the kernel does not list it. Throws as connect_to_local_port.
std::unique_ptr<Socket> connect_to_listener_of(const std::function<bool(uid_t)>& counts, std::uint16_t port,
                                               Deadline until);

/// Whether `text` is an address of IPv4 or IPv6, as numbers.
bool is_address(const std::string& text);

}  // namespace erlrc
