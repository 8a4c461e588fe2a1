// SPDX-License-Identifier: BSD-3-Clause
#include "state_directory.hpp"

#include <erlrc/sys/environment.hpp>

namespace erlrc {

std::filesystem::path state_directory() {
  return environment("ERLRC_STATE").value_or("/var/lib/erlrc");
}

}  // namespace erlrc
