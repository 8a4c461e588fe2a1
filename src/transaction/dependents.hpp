// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <vector>

#include <erlrc/plan/request.hpp>
#include <erlrc/transaction/action.hpp>
#include <erlrc/transaction/snapshot.hpp>

// The package manager orders packages by their relations. An application may need another one all the same:
// its package only recommends the other one, or both need each other. Nodes follow the applications then.

namespace erlrc {

/// Stops the dependents that are removed with the calling package, whose applications are stopped next;
/// reports those that nodes keep running.
void stop_dependents(const Snapshot& snapshot, PackageActions& actions, PackageActions& questions);

/// Starts the dependents that could not be started before the calling package was configured.
std::vector<Request> start_dependents(const Snapshot& snapshot);

}  // namespace erlrc
