// SPDX-License-Identifier: BSD-3-Clause
#include <erlrc/sys/socket.hpp>

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdint>
#include <cstring>
#include <limits>
#include <memory>
#include <string>
#include <utility>

#include <erlrc/sys/socket_table.hpp>

namespace erlrc {
namespace {

/// Waits until `fd` is ready for `events`, or broken. Throws TimedOut.
void wait_for(int fd, short events, Deadline until) {
  pollfd awaited{fd, events, 0};
  for (;;) {
    const auto left = std::min<milliseconds::rep>(left_until(until).count(), std::numeric_limits<int>::max());
    const int ready = ::poll(&awaited, 1, static_cast<int>(left));
    if (ready > 0) return;
    if (ready == 0 && left_until(until) == milliseconds{0}) throw TimedOut();
    if (ready < 0 && errno != EINTR) throw SystemError("socket: poll", errno);
  }
}

/// Nothing listens at the address, or this host has no such address (no IPv6).
bool means_no_listener(int error) {
  return error == ECONNREFUSED || error == EADDRNOTAVAIL || error == EAFNOSUPPORT || error == ENETUNREACH ||
         error == EHOSTUNREACH;
}

/// Connects `fd`; returns 0 or an errno value. Throws TimedOut.
int connect_within(int fd, const sockaddr* address, socklen_t length, Deadline until) {
  if (::connect(fd, address, length) == 0) return 0;
  if (errno != EINPROGRESS && errno != EINTR) return errno;
  // Within a host the other side has answered by now. A second call costs less than a wait, and the peer
  // receives the connection and our first message at once.
  if (::connect(fd, address, length) == 0 || errno == EISCONN) return 0;
  if (errno != EALREADY && errno != EINTR) return errno;
  wait_for(fd, POLLOUT, until);
  int error = 0;
  socklen_t size = sizeof error;
  return ::getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &size) == 0 ? error : errno;
}

/// An empty descriptor if nothing listens.
UniqueFd connect_to(const sockaddr* address, socklen_t length, std::uint16_t port, Deadline until) {
  UniqueFd fd(::socket(address->sa_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  const int error = fd ? connect_within(fd.get(), address, length, until) : errno;
  if (error == 0) return fd;
  if (means_no_listener(error)) return {};
  throw SystemError("port " + std::to_string(port) + ": connect", error);
}

/// A new socket that is connected to `end`; empty if nothing listens there.
UniqueFd connect_to(const Endpoint& end, Deadline until) {
  sockaddr_in6 v6{};
  v6.sin6_family = AF_INET6;
  v6.sin6_port = htons(end.port);
  std::memcpy(&v6.sin6_addr, end.address.data(), end.address.size());
  if (!end.is_ipv4()) return connect_to(reinterpret_cast<const sockaddr*>(&v6), sizeof v6, end.port, until);
  sockaddr_in v4{};
  v4.sin_family = AF_INET;
  v4.sin_port = v6.sin6_port;
  std::memcpy(&v4.sin_addr, &end.address.at(end.address.size() - sizeof v4.sin_addr), sizeof v4.sin_addr);
  return connect_to(reinterpret_cast<const sockaddr*>(&v4), sizeof v4, end.port, until);
}

/// Most nodes listen on all addresses, or on one of these.
UniqueFd connect_to_loopback(std::uint16_t port, Deadline until) {
  constexpr std::array<std::uint8_t, 16> v4{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff, 127, 0, 0, 1};
  constexpr std::array<std::uint8_t, 16> v6{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1};
  UniqueFd fd = connect_to({v4, port}, until);
  if (!fd) fd = connect_to({v6, port}, until);
  return fd;
}

UniqueFd connect_to_any_address(std::uint16_t port, Deadline until) {
  if (UniqueFd fd = connect_to_loopback(port, until)) return fd;
  for (const TcpSocket& socket : listening_on(port))
    if (UniqueFd fd = connect_to(socket.local, until)) return fd;
  return {};
}

Endpoint endpoint_of(const sockaddr_storage& given) {
  Endpoint end;
  if (given.ss_family == AF_INET) {
    sockaddr_in v4{};
    std::memcpy(&v4, &given, sizeof v4);
    end.address.at(10) = end.address.at(11) = 0xff;
    std::memcpy(&end.address.at(12), &v4.sin_addr, sizeof v4.sin_addr);
    end.port = ntohs(v4.sin_port);
  } else {
    sockaddr_in6 v6{};
    std::memcpy(&v6, &given, sizeof v6);
    std::memcpy(end.address.data(), &v6.sin6_addr, end.address.size());
    end.port = ntohs(v6.sin6_port);
  }
  return end;
}

/// nullopt: it is not connected any longer.
std::optional<Endpoint> peer_of(int fd) {
  sockaddr_storage theirs{};
  socklen_t size = sizeof theirs;
  if (::getpeername(fd, reinterpret_cast<sockaddr*>(&theirs), &size) == 0) return endpoint_of(theirs);
  if (errno == ENOTCONN) return std::nullopt;
  throw SystemError("socket: address of the peer", errno);
}

/// Each message is one write that waits for its answer: to delay a small one would only cost time.
std::unique_ptr<Socket> without_delay(UniqueFd fd, std::uint16_t port) {
  if (!fd) return nullptr;
  const int on = 1;
  if (::setsockopt(fd.get(), IPPROTO_TCP, TCP_NODELAY, &on, sizeof on) != 0)
    throw SystemError("port " + std::to_string(port) + ": set TCP_NODELAY", errno);
  return std::make_unique<Socket>(std::move(fd));
}

}  // namespace

Socket::Socket(UniqueFd fd) : fd_(std::move(fd)) {}

Bytes Socket::read_some(Deadline until) {
  std::array<char, 65536> buffer;  // only the pages that are used cost something
  for (;;) {
    const ssize_t count = ::recv(fd_.get(), buffer.data(), buffer.size(), 0);
    if (count >= 0) return {buffer.data(), static_cast<std::size_t>(count)};
    if (errno == ECONNRESET) return {};
    if (errno == EAGAIN || errno == EWOULDBLOCK) {
      wait_for(fd_.get(), POLLIN, until);
    } else if (errno != EINTR) {
      throw SystemError("socket: read", errno);
    }
  }
}

void Socket::write_all(BytesView bytes, Deadline until) {
  while (!bytes.empty()) {
    const ssize_t count = ::send(fd_.get(), bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (count >= 0) {
      bytes.remove_prefix(static_cast<std::size_t>(count));
    } else if (errno == EPIPE || errno == ECONNRESET) {
      return;
    } else if (errno == EAGAIN || errno == EWOULDBLOCK) {
      wait_for(fd_.get(), POLLOUT, until);
    } else if (errno != EINTR) {
      throw SystemError("socket: write", errno);
    }
  }
}

std::optional<uid_t> Socket::peer_owner() const {
  sockaddr_storage ours{};
  socklen_t size = sizeof ours;
  if (::getsockname(fd_.get(), reinterpret_cast<sockaddr*>(&ours), &size) != 0)
    throw SystemError("socket: own address", errno);
  const auto theirs = peer_of(fd_.get());
  const auto socket = theirs ? find_tcp_socket(*theirs, endpoint_of(ours)) : std::nullopt;
  if (!socket || socket->inode == 0) return std::nullopt;
  return socket->owner;
}

std::optional<uid_t> Socket::listener_owner() const {
  const auto theirs = peer_of(fd_.get());
  const auto listener = theirs ? find_listener(*theirs) : std::nullopt;
  return listener ? std::optional(listener->owner) : std::nullopt;
}

bool is_address(const std::string& text) {
  return parse_address(text, 0).has_value();
}

std::unique_ptr<Socket> connect_to_local_port(std::uint16_t port, Deadline until,
                                              const std::optional<std::string>& address) {
  const auto end = address ? parse_address(*address, port) : std::nullopt;
  if (address && !end) throw Error("address: expected one of IPv4 or IPv6");
  return without_delay(end ? connect_to(*end, until) : connect_to_any_address(port, until), port);
}

std::unique_ptr<Socket> connect_to_listener_of(const std::function<bool(uid_t)>& counts, std::uint16_t port,
                                               Deadline until) {
  for (const TcpSocket& socket : listening_on(port))
    if (counts(socket.owner))
      if (UniqueFd fd = connect_to(socket.local, until)) return without_delay(std::move(fd), port);
  return nullptr;
}

}  // namespace erlrc
