// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <optional>
#include <string>

namespace erlrc {

/// The value of an environment variable. One that is set to nothing counts as not set.
std::optional<std::string> environment(const std::string& name);

}  // namespace erlrc
