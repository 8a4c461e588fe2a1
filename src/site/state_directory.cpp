// SPDX-License-Identifier: BSD-3-Clause
#include <erlrc/site/state_directory.hpp>

#include <erlrc/sys/environment.hpp>
#include <erlrc/sys/file.hpp>

namespace erlrc {

std::filesystem::path state_directory() {
  return absolute_path(environment("ERLRC_STATE").value_or("/var/lib/erlrc"));
}

}  // namespace erlrc
