// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <sys/types.h>

#include <optional>
#include <string>
#include <string_view>
#include <type_traits>

// The files of users and groups. The C library's look-up would load libraries, which statically linked
// programs cannot do.

namespace erlrc {

static_assert(std::is_same_v<uid_t, gid_t>);

/// The number of a user or group as text.
std::optional<uid_t> parse_account(std::string_view text);

/// The number of `name`, or `name` itself if it is a number. `file` has lines NAME:PASSWORD:NUMBER:.., `kind`
/// is for the message. Throws UsageError if it has no such name.
uid_t find_account(const char* file, const char* kind, const std::string& name);

}  // namespace erlrc
