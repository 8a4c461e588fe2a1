// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <sys/types.h>

#include <string>

namespace erlrc {

/// The number of a user of this host, given its name in /etc/passwd or the number itself. Throws UsageError
/// if there is no such user.
uid_t find_user(const std::string& name);

/// The name of a user in /etc/passwd, or the number as text.
std::string user_name(uid_t user);

}  // namespace erlrc
