// SPDX-License-Identifier: BSD-3-Clause
#include <erlrc/sys/group.hpp>

#include "account_file.hpp"

namespace erlrc {

gid_t find_group(const std::string& name) {
  return find_account("/etc/group", "group", name);
}

}  // namespace erlrc
