// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <map>
#include <set>
#include <string>

#include <erlrc/term/term.hpp>

// What erlrc-apt-preflight leaves for the hooks of the same APT run, in $ERLRC_RUN. What another APT has left
// is removed.

namespace erlrc {

/// In `leave`: the packages whose upgrade no node can do, and which the administrator wants to be upgraded on
/// disk all the same. For the APT that calls us; an empty set removes what was stored before.
void store_skipped_packages(const std::set<std::string>& packages);

/// The packages that the APT stored on whose behalf dpkg calls us.
std::set<std::string> load_skipped_packages();

/// In `moves`: by application, the package that takes it over from another one in this run of APT. If it
/// cannot be stored, the hooks stop and start what moves.
void store_moved_apps(const std::map<Atom, std::string>& packages);
std::map<Atom, std::string> load_moved_apps();

/// In `apt-settings`: the settings that APT's configuration has, by their keys; for hooks, which cannot see
/// it.
void store_apt_settings(const std::map<std::string, std::string>& settings);
std::map<std::string, std::string> load_apt_settings();

}  // namespace erlrc
