// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <set>
#include <string>
#include <utility>

#include <erlrc/term/term.hpp>

// What ran on a node until its package was removed, in $ERLRC_RUN/stopped, one line `NODE APP` for each. If a
// package with the application is installed again, or another one that has taken it over, it runs again, also
// where the node's entry lets packages start nothing new (StartRule::Kind::running).

namespace erlrc {

/// The name of the entry, and the application.
using StoppedApps = std::set<std::pair<std::string, Atom>>;

StoppedApps load_stopped_apps();
void store_stopped_apps(const StoppedApps& apps);

}  // namespace erlrc
