// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <sys/types.h>

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include <erlrc/base/bytes.hpp>

// The TCP sockets of this host, or rather of our network namespace, as the kernel lists them.

namespace erlrc {

/// One end of a connection. IPv4 addresses are in their form for IPv6 (::ffff:127.0.0.1).
struct Endpoint {
  std::array<std::uint8_t, 16> address{};
  std::uint16_t port = 0;
  bool operator==(const Endpoint&) const = default;

  bool is_ipv4() const;
};

struct TcpSocket {
  Endpoint local;
  Endpoint remote;
  bool listens = false;
  uid_t owner = 0;          ///< of the process that made it, or accepted it
  std::uint64_t inode = 0;  ///< 0: no process has it, and the kernel reports root as its owner
  bool operator==(const TcpSocket&) const = default;
};

/// The address in that text, of IPv4 or IPv6, with this port; nullopt if it is not one.
std::optional<Endpoint> parse_address(const std::string& text, std::uint16_t port);

/// Reads a file /proc/net/tcp or tcp6 (proc(5)). Skips lines of another form.
std::vector<TcpSocket> parse_tcp_table(BytesView text);

/// The socket between these two ends. nullopt: no such socket. Asks by netlink (sock_diag(7)), which does not
/// list all others; or reads /proc/net where the kernel has no such interface. Throws SystemError if it has
/// neither.
std::optional<TcpSocket> find_tcp_socket(const Endpoint& local, const Endpoint& remote);

/// The socket that gets connections to this end. nullopt: no such socket, or the kernel has no sock_diag(7).
std::optional<TcpSocket> find_listener(const Endpoint& end);

/// The ports on which this process listens, in its own network; none if that cannot be read.
std::vector<std::uint16_t> listening_ports_of(pid_t pid);

/// The sockets that listen on `port`, one for each address. Empty if that cannot be read.
std::vector<TcpSocket> listening_on(std::uint16_t port);

}  // namespace erlrc
