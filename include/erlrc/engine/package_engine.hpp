// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <erlrc/coordinator/settings.hpp>
#include <erlrc/engine/package_facts.hpp>
#include <erlrc/report/streams.hpp>
#include <erlrc/site/site.hpp>
#include <erlrc/sys/deadline.hpp>
#include <erlrc/transaction/moment.hpp>

// Does what erlrc/transaction/package_run.hpp decides: the only loop in which a call of a package manager
// changes nodes and files.

namespace erlrc {

/// One call: the exit code for the package manager. No other call of this host runs at the same time.
/// Requests to nodes have the time limit of `settings`.
int handle_call(Moment moment, const PackageFacts& facts, const Site& site, const Settings& settings,
                Streams& streams);

}  // namespace erlrc
