// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <filesystem>
#include <string>
#include <vector>

namespace erlrc {

/// Arguments of erl with the same meaning for a node that runs in another directory: those that are names of
/// files, as far as they are relative, begin in `directory`. The name of a boot file without a slash is one
/// of OTP's own.
std::vector<std::string> arguments_from(const std::filesystem::path& directory,
                                        std::vector<std::string> arguments);

}  // namespace erlrc
