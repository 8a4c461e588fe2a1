// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <string>

#include <erlrc/site/registry.hpp>

// The registered nodes as erlrc-node prints them. Cookies are never part of it.

namespace erlrc {

/// A line for each node: its name and the settings of its entry. Bad entries are left out.
std::string to_text(const Registry& registry);

/// One record of JSON, with the bad entries.
std::string to_json(const Registry& registry);

}  // namespace erlrc
