// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <compare>
#include <string_view>

// Which of two application versions is the newer one: the difference between an upgrade and a downgrade.

namespace erlrc {

/// Compares two versions as the Debian policy manual (5.6.12) compares the parts of a package version: runs
/// of digits by their number, letters before other characters, `~` before everything, even the end. There is
/// neither epoch nor revision: the whole string is one part. Equivalent versions may be spelt differently
/// (1.01 and 1.1).
std::weak_ordering compare_versions(std::string_view a, std::string_view b);

}  // namespace erlrc
