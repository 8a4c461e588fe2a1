// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <map>
#include <string>
#include <vector>

#include <erlrc/plan/request.hpp>
#include <erlrc/transaction/action.hpp>
#include <erlrc/transaction/snapshot.hpp>

// An application may move to a package that is not there yet when its old package loses it: a renamed
// package, whose old one is removed first, or a transitional one, whose new version has no files left. Then
// nodes keep running the application, its files are backed up, and nodes change to the new version when its
// package is configured. Where that is configured already, nodes change at once; the files are backed up,
// too, since a node may refuse the change.

namespace erlrc {

/// Whether the archives of the run have to be opened, to know whether another package takes over what the
/// calling one loses.
bool must_open(const Snapshot& snapshot);

/// The applications of the calling package that another package of the run takes over.
PackagedApps handed_over(const Snapshot& snapshot);

/// The applications of the calling package that a configured package ships, too: nodes change to its version
/// at once.
PackagedApps left_to_others(const Snapshot& snapshot);

/// Whether the application is to come with a package other than the calling one, which will change nodes to
/// its version.
bool comes_with_another(const Atom& app, const Snapshot& snapshot);

/// Whether the backup of `package` is kept for another one. Needs snapshot.packages.
bool is_kept_for_another(const std::string& package, const Snapshot& snapshot);

/// Backs up applications of the calling package, `handed` over or `left` to others, if a node runs one of
/// them; or asks that first.
void keep_for_another(PackagedApps handed, const PackagedApps& left, const Snapshot& snapshot,
                      PackageActions& actions, PackageActions& questions);

/// Whether `taken_over` needs to know which packages are installed.
bool must_look_up(const Snapshot& snapshot);

/// What the calling package has taken over: of each package, the backups of applications that only the
/// calling one ships now.
std::map<std::string, PackagedApps> taken_over(const Snapshot& snapshot);

}  // namespace erlrc
