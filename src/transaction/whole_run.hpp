// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <erlrc/transaction/action.hpp>
#include <erlrc/transaction/package_run.hpp>

// A package manager that shows all of its run before it begins, and has no moment at which the old version
// could still be restored while both are on disk (rpm): a part of package_run.cpp.
//
// Nodes come first and files second. When the run begins, all its packages are one upgrade set: the new files
// are staged from the archives, and nodes are upgraded with those. If a node refuses, the run does not begin.
// When it has ended, the record is compared with what is installed: what has come gets its final directory
// in the code path, what has not is rolled back. New applications are started then, since what they need
// outside of their own directory is there only now, unless an upgraded package needs them.
//
//   record      moment         what is done                                              record after
//   ----------  -------------  --------------------------------------------------------  ------------
//   -           run_begins     no package has to do with nodes: Exit                     -
//   -           run_begins     a run was cut off by a restart of the host: drop its backups  -
//   -           run_begins     the packages will not fit together: Refuse                   -
//   -           run_begins     stage, back up, store, then Execute the whole set         trying
//   trying      (executed)     Exit                                                      done
//   trying      (failed)       drop all, Exit with the failure: the run does not begin   -
//   own         run_ended      close what has come, roll back the rest, start            done, then -
//   any         (unconfirmed)  a node may still run files of the run: drop nothing, fail     same, of no run
//   of a run    run_begins     Refuse, unless no package has to do with nodes: Exit      same
//   that lives  run_recovered  Refuse                                                    same
//   of a run    run_begins     as run_ended; then what the moment asks for               -
//   that died   run_recovered  as run_ended                                              -
//   -           run_recovered  drop all that no node runs                                   -
//
// While the applications are started, the record is done and has the closed packages only, so a call that is
// killed there is repeated.

namespace erlrc {

/// Whether the moment is about all packages of a run, not about one.
bool concerns_whole_run(Moment moment);

/// The actions of those moments.
PackageActions whole_run(const RunRecord& record, const RunEvent& event, const Snapshot& snapshot);

}  // namespace erlrc
