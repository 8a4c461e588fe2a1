// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <set>
#include <string>

// What erlrc-apt-preflight tells the hooks of the same APT run: the packages whose upgrade no node can do,
// and which the administrator wants to be upgraded on disk all the same.

namespace erlrc {

/// For the APT that calls us; an empty set takes back what was told before.
void store_left_packages(const std::set<std::string>& packages);

/// Those of the APT on whose behalf dpkg calls us. What another one has left is removed.
std::set<std::string> load_left_packages();

}  // namespace erlrc
