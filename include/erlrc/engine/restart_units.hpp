// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <erlrc/report/streams.hpp>
#include <erlrc/site/site.hpp>
#include <erlrc/sys/deadline.hpp>

namespace erlrc {

/// Restarts the services of the nodes that runs of a package manager have noted (nodes_to_restart), through
/// deb-systemd-invoke(1p), which asks policy-rc.d. A node outside of a service is reported. Once each
/// service.
void restart_noted_units(const Site& site, Deadline until, Streams& streams);

}  // namespace erlrc
