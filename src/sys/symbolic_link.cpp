// SPDX-License-Identifier: BSD-3-Clause
#include <erlrc/sys/symbolic_link.hpp>

#include <unistd.h>

#include <cerrno>

#include <erlrc/base/error.hpp>

namespace erlrc {

void make_symbolic_link(const std::filesystem::path& target, const std::filesystem::path& path) {
  if (::symlink(target.c_str(), path.c_str()) != 0)
    throw SystemError(path.string() + ": make symbolic link", errno);
}

}  // namespace erlrc
