// SPDX-License-Identifier: BSD-3-Clause
#include <erlrc/sys/file_front.hpp>

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>

#include <erlrc/base/error.hpp>
#include <erlrc/sys/unique_fd.hpp>

namespace erlrc {

Bytes read_front(const std::filesystem::path& file, std::size_t size) {
  const UniqueFd fd(::open(file.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY));
  if (!fd) throw SystemError(file.string() + ": open", errno);
  Bytes front(size, '\0');
  std::size_t filled = 0;
  while (filled < size) {
    const ssize_t count = ::read(fd.get(), front.data() + filled, size - filled);
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) throw SystemError(file.string() + ": read", errno);
    if (count == 0) break;
    filled += static_cast<std::size_t>(count);
  }
  front.resize(filled);
  return front;
}

}  // namespace erlrc
