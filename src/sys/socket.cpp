// SPDX-License-Identifier: BSD-3-Clause
#include <erlrc/sys/socket.hpp>

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <limits>
#include <memory>
#include <string>
#include <utility>

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

UniqueFd connect_to_ipv4_loopback(std::uint16_t port, Deadline until) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  return connect_to(reinterpret_cast<const sockaddr*>(&address), sizeof address, port, until);
}

UniqueFd connect_to_ipv6_loopback(std::uint16_t port, Deadline until) {
  sockaddr_in6 address{};
  address.sin6_family = AF_INET6;
  address.sin6_port = htons(port);
  address.sin6_addr = in6addr_loopback;
  return connect_to(reinterpret_cast<const sockaddr*>(&address), sizeof address, port, until);
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

std::unique_ptr<Socket> connect_to_local_port(std::uint16_t port, Deadline until) {
  UniqueFd fd = connect_to_ipv4_loopback(port, until);
  if (!fd) fd = connect_to_ipv6_loopback(port, until);
  if (!fd) return nullptr;
  // Each message is one write that waits for its answer: to delay a small one would only cost time.
  const int on = 1;
  if (::setsockopt(fd.get(), IPPROTO_TCP, TCP_NODELAY, &on, sizeof on) != 0)
    throw SystemError("port " + std::to_string(port) + ": set TCP_NODELAY", errno);
  return std::make_unique<Socket>(std::move(fd));
}

}  // namespace erlrc
