// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <erlrc/transaction/action.hpp>
#include <erlrc/transaction/snapshot.hpp>

namespace erlrc {

/// The snapshot, with the version that nodes run in the first place of each package of which several are
/// installed: which one they run after a run that ended early is known only to them. If nodes run several, or
/// it is not known which one, nothing changes. Needs snapshot.packages. What has to be asked first is
/// appended to `questions`; then the result counts only once that was answered.
Snapshot with_loaded_versions(Snapshot snapshot, PackageActions& questions);

}  // namespace erlrc
