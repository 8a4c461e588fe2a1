// SPDX-License-Identifier: BSD-3-Clause
#include <erlrc/sys/packet.hpp>

#include <unistd.h>

#include <cerrno>
#include <cstdint>

#include <erlrc/base/error.hpp>

namespace erlrc {
namespace {

constexpr std::size_t header_size = 4;
constexpr std::size_t largest = std::size_t{64} << 20U;

/// As many bytes as asked for; fewer at the end.
Bytes read_up_to(int fd, std::size_t size) {
  Bytes bytes(size, '\0');
  std::size_t filled = 0;
  while (filled < size) {
    const ssize_t count = ::read(fd, bytes.data() + filled, size - filled);
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) throw SystemError("pipe: read", errno);
    if (count == 0) break;
    filled += static_cast<std::size_t>(count);
  }
  bytes.resize(filled);
  return bytes;
}

}  // namespace

std::optional<Bytes> read_packet(int fd) {
  const Bytes header = read_up_to(fd, header_size);
  if (header.empty()) return std::nullopt;
  std::size_t size = 0;
  for (const char byte : header)
    size = size << 8U | static_cast<std::uint8_t>(byte);
  if (header.size() < header_size) throw ProtocolError("pipe: ended in the middle of a packet");
  if (size > largest) throw ProtocolError("pipe: a packet of " + std::to_string(size) + " bytes");
  Bytes bytes = read_up_to(fd, size);
  if (bytes.size() < size) throw ProtocolError("pipe: ended in the middle of a packet");
  return bytes;
}

Bytes packet(BytesView bytes) {
  Bytes made;
  for (int shift = 24; shift >= 0; shift -= 8)
    made.push_back(static_cast<char>(bytes.size() >> static_cast<unsigned>(shift) & 0xffU));
  made.append(bytes);
  return made;
}

void write_packet(int fd, BytesView bytes) {
  const Bytes whole = packet(bytes);
  BytesView left = whole;
  while (!left.empty()) {
    const ssize_t count = ::write(fd, left.data(), left.size());
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) throw SystemError("pipe: write", errno);
    left.remove_prefix(static_cast<std::size_t>(count));
  }
}

}  // namespace erlrc
