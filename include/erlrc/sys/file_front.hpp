// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <cstddef>
#include <filesystem>

#include <erlrc/base/bytes.hpp>

namespace erlrc {

/// The first bytes of a file, at most `size`. Throws SystemError.
Bytes read_front(const std::filesystem::path& file, std::size_t size);

}  // namespace erlrc
