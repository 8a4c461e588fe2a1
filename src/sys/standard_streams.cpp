// SPDX-License-Identifier: BSD-3-Clause
#include <erlrc/sys/standard_streams.hpp>

#include <fcntl.h>
#include <unistd.h>

namespace erlrc {

// `open` takes the lowest free number. The mode is the one that is of no use, so that an error stays an
// error.
void open_standard_streams() {
  for (const int descriptor : {STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO})
    if (::fcntl(descriptor, F_GETFD) == -1 &&
        ::open("/dev/null", descriptor == STDIN_FILENO ? O_WRONLY : O_RDONLY) == -1)
      return;
}

}  // namespace erlrc
