// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <string>
#include <vector>

#include <erlrc/app/app_files.hpp>
#include <erlrc/base/graph.hpp>

// Computes the order in which the changed modules of an application are loaded.

namespace erlrc {

/// Maps each of the modules `changed` (in both versions) to the others that it depends on, in the sense of
/// appup(4): an upgrade must load them before it, and a downgrade after it. A module depends on another one
/// if it calls a function that only the later version of that one exports. A module that loses a function
/// depends on those whose earlier version calls it. Calls by way of modules that only one version has count,
/// too.
Dependencies interface_dependencies(const AppFiles& earlier, const AppFiles& later,
                                    const std::vector<Atom>& changed);

/// Returns `changed` in the order of an upgrade: first by `interfaces`, then the called module before the
/// calling one (in the later version), then by name. If the calls form a cycle, they are ignored.
std::vector<Atom> load_order(const AppFiles& later, const std::vector<Atom>& changed,
                             const Dependencies& interfaces);

}  // namespace erlrc
