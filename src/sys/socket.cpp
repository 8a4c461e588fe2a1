// SPDX-License-Identifier: BSD-3-Clause
#include <erlrc/sys/socket.hpp>

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>

#include <cerrno>
#include <memory>
#include <span>
#include <string>

#include <erlrc/sys/side_by_side.hpp>

namespace erlrc {
namespace {

/// Where what comes is first put; nobody waits while something lies there, so that one for each thread is
/// enough, and only its pages cost something.
std::span<char> receive_buffer() {
  constexpr std::size_t size = 65536;
  thread_local const auto buffer = std::make_unique_for_overwrite<char[]>(size);
  return {buffer.get(), size};
}

/// Nobody listens at the address, or this host has no such address (no IPv6).
bool means_nobody(int error) {
  return error == ECONNREFUSED || error == EADDRNOTAVAIL || error == EAFNOSUPPORT || error == ENETUNREACH ||
         error == EHOSTUNREACH;
}

/// Connects `fd`; returns 0 or an errno value. Throws TimedOut.
int connect_within(int fd, const sockaddr* address, socklen_t length, Deadline until) {
  if (::connect(fd, address, length) == 0) return 0;
  if (errno != EINPROGRESS && errno != EINTR) return errno;
  // Within a host the other side has answered by now. To ask costs less than to wait, and so the peer hears
  // our first message with the connection.
  if (::connect(fd, address, length) == 0 || errno == EISCONN) return 0;
  if (errno != EALREADY && errno != EINTR) return errno;
  wait_for(fd, POLLOUT, until);
  int error = 0;
  socklen_t size = sizeof error;
  return ::getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &size) == 0 ? error : errno;
}

/// An unconnected descriptor if nobody listens.
UniqueFd connect_to(const sockaddr* address, socklen_t length, std::uint16_t port, Deadline until) {
  UniqueFd fd(::socket(address->sa_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  const int error = fd ? connect_within(fd.get(), address, length, until) : errno;
  if (error == 0) return fd;
  if (means_nobody(error)) return {};
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
  const std::span<char> buffer = receive_buffer();
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
  // Each message is one write that waits for its answer: holding back a small one would only cost time.
  const int on = 1;
  if (::setsockopt(fd.get(), IPPROTO_TCP, TCP_NODELAY, &on, sizeof on) != 0)
    throw SystemError("port " + std::to_string(port) + ": set TCP_NODELAY", errno);
  return std::make_unique<Socket>(std::move(fd));
}

}  // namespace erlrc
