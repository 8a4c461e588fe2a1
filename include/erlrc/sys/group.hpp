// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <sys/types.h>

#include <string>

namespace erlrc {

/// The number of a group of this host, given its name in /etc/group or the number itself. The C library's
/// look-up would load libraries, which statically linked programs cannot do. Throws UsageError if there is no
/// such group.
gid_t find_group(const std::string& name);

}  // namespace erlrc
