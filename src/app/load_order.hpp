// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <string>
#include <vector>

#include <erlrc/app/app_files.hpp>
#include <erlrc/base/graph.hpp>

// In which order the changed modules of an application are loaded.

namespace erlrc {

/// For each of the modules `changed` (in both versions), the others of them that it depends on, as appup(4)
/// uses the word: upgrading, they must be loaded before it, and downgrading after it. A module that calls a
/// function which only the later version of another exports depends on that one; and a module that loses a
/// function depends on those of which the earlier version calls it. Calls by way of modules that only one
/// version has count too.
Dependencies interface_dependencies(const AppFiles& earlier, const AppFiles& later,
                                    const std::vector<Atom>& changed);

/// `changed` in the order of an upgrade: by `interfaces`, and as far as those leave it open, the called
/// module before the calling one (calls of the later version), then by name. Where the calls go round, the
/// interfaces alone count.
std::vector<Atom> load_order(const AppFiles& later, const std::vector<Atom>& changed,
                             const Dependencies& interfaces);

}  // namespace erlrc
