// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <filesystem>
#include <string>

#include <erlrc/site/state_directory.hpp>

namespace erlrc {

/// The part of a package in one of our directories. Throws Error if `package` is not a package's name: it may
/// come from an archive, and must not lead to another place.
std::filesystem::path directory_of(const std::filesystem::path& directory, const std::string& package);

/// The mode of directories in it: nodes run as users of their own, and have to read what is in there.
constexpr unsigned readable_by_nodes = 0755;

}  // namespace erlrc
