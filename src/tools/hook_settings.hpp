// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <string>

#include <erlrc/coordinator/settings.hpp>
#include <erlrc/report/streams.hpp>

// What the hooks of package managers read of their surroundings. A package must not be left half installed
// because of a setting that cannot be read: it is ignored, with a warning in the name of `tool`, once in a
// run.

namespace erlrc {

/// The settings of the host, and those that APT was given for this run.
Settings settings_of_run(const std::string& tool, Streams& streams);

/// The settings of the upgrade itself: if the preflight leaves what nodes cannot do, what only the upgrade
/// shows is left, too.
Settings for_upgrade(Settings settings);

void check_epmd_port(const std::string& tool, Streams& streams);

}  // namespace erlrc
