// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <filesystem>

namespace erlrc {

/// Makes `path` a symbolic link to `target`. Throws SystemError, also if there is something at `path`.
void make_symbolic_link(const std::filesystem::path& target, const std::filesystem::path& path);

}  // namespace erlrc
