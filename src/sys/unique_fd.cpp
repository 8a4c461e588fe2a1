// SPDX-License-Identifier: BSD-3-Clause
#include <erlrc/sys/unique_fd.hpp>

#include <unistd.h>

namespace erlrc {

UniqueFd::~UniqueFd() {
  if (fd_ >= 0) ::close(fd_);
}

}  // namespace erlrc
