// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <set>
#include <string>

// What erlrc-apt-preflight leaves for the hooks of the same APT run, in $ERLRC_RUN/leave: the packages whose
// upgrade no node can do, and which the administrator wants to be upgraded on disk all the same.

namespace erlrc {

/// Whether the hooks leave all nodes alone in this run: ERLRC_HOOKS is `off`, or store_hooks_off was called for
/// the APT on whose behalf dpkg calls us.
bool hooks_are_off();

/// For the APT that calls us.
void store_hooks_off();

/// For the APT that calls us; an empty set removes what was stored before.
void store_skipped_packages(const std::set<std::string>& packages);

/// The packages that the APT stored on whose behalf dpkg calls us. What another APT has stored is removed.
std::set<std::string> load_skipped_packages();

}  // namespace erlrc
