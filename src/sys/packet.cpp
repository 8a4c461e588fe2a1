// SPDX-License-Identifier: BSD-3-Clause
#include <erlrc/sys/packet.hpp>

#include <unistd.h>

#include <cerrno>
#include <cstdint>
#include <string>

#include <erlrc/base/error.hpp>
#include <erlrc/sys/file.hpp>

namespace erlrc {
namespace {

constexpr std::size_t header_size = 4;
constexpr std::size_t largest = std::size_t{64} << 20U;

/// `size` bytes; fewer at the end of the stream.
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
  if (header.size() < header_size) throw ProtocolError("pipe: ended in the middle of a packet");
  const std::size_t size = ByteReader(header).u32();
  if (size > largest) throw ProtocolError("pipe: a packet of " + std::to_string(size) + " bytes");
  Bytes bytes = read_up_to(fd, size);
  if (bytes.size() < size) throw ProtocolError("pipe: ended in the middle of a packet");
  return bytes;
}

Bytes packet(BytesView bytes) {
  return ByteWriter().u32(static_cast<std::uint32_t>(bytes.size())).bytes(bytes).take();
}

void write_packet(int fd, BytesView bytes) {
  write_stream(fd, packet(bytes), "pipe");
}

}  // namespace erlrc
