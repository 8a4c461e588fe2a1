// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <optional>
#include <string>

namespace erlrc {

/// The value of an environment variable; nullopt if it is not set or empty.
std::optional<std::string> environment(const std::string& name);

/// Removes a variable, for this process and for those that it starts.
void unset_environment(const std::string& name);

}  // namespace erlrc
