// SPDX-License-Identifier: BSD-3-Clause
#include <erlrc/sys/relay.hpp>

#include <poll.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <limits>

namespace erlrc {
namespace {

/// So much may wait for one side before the other one is no longer read.
constexpr std::size_t most_unwritten = std::size_t{256} << 10U;

bool is_for_later(int error) {
  return error == EAGAIN || error == EWOULDBLOCK || error == EINTR;
}

}  // namespace

void RelayEnd::write(BytesView bytes) {
  unwritten_ += bytes;
  flush();
}

void RelayEnd::flush() {
  while (!unwritten_.empty()) {
    const ssize_t count = ::send(fd_, unwritten_.data(), unwritten_.size(), MSG_NOSIGNAL);
    if (count >= 0) {
      unwritten_.erase(0, static_cast<std::size_t>(count));
    } else if (is_for_later(errno)) {
      return;
    } else {
      give_up();
    }
  }
}

void RelayEnd::give_up() {
  unwritten_.clear();
  closed_ = true;
}

Bytes RelayEnd::read() {
  if (closed_) return {};
  std::array<char, 65536> buffer;  // only the pages that are used cost something
  const ssize_t count = ::recv(fd_, buffer.data(), buffer.size(), 0);
  if (count > 0) return {buffer.data(), static_cast<std::size_t>(count)};
  if (count == 0 || !is_for_later(errno)) closed_ = true;
  return {};
}

short RelayEnd::awaited(const RelayEnd& other) const {
  const bool reads = !closed_ && other.unwritten_.size() < most_unwritten;
  return static_cast<short>((reads ? POLLIN : 0) | (unwritten_.empty() ? 0 : POLLOUT));
}

void wait_for_either(RelayEnd& one, RelayEnd& other, Deadline until) {
  std::array<pollfd, 2> both{{{one.fd_, one.awaited(other), 0}, {other.fd_, other.awaited(one), 0}}};
  // poll(2) reports the end of a connection whether or not it is asked for that.
  for (pollfd& end : both)
    if (end.events == 0) end.fd = -1;
  const auto left = std::min<milliseconds::rep>(left_until(until).count(), std::numeric_limits<int>::max());
  if (::poll(both.data(), both.size(), static_cast<int>(left)) <= 0) return;
  one.flush();
  other.flush();
}

}  // namespace erlrc
