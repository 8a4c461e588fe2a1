// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <erlrc/transaction/action.hpp>
#include <erlrc/transaction/package_run.hpp>

// A run of rpm in which only the scriptlets of packages call, since there is no plugin of ours: a part of
// whole_run.cpp.
//
// rpm unpacks all new versions of a run before it removes the first old one, and a %preun that fails then
// makes its version stay next to the new one. So all packages of the run are one upgrade set when the first
// of these is called, and nodes are upgraded from one directory to the other. If a node refuses, all nodes
// are rolled back and all old versions stay, until the administrator removes the new ones: the report names
// that way out.
//
//   record      moment         what is done                                             record after
//   ----------  -------------  -------------------------------------------------------  ------------
//   -           run_unpacks    back up the old files, store                             unpacking
//   unpacking   run_unpacks    the same for one more package                            unpacking
//   -           run_unpacked   only old versions are removed: each is its own set        trying, then -
//   unpacking   run_unpacked   store, then Execute the whole set                        trying
//   trying      (executed)     Exit                                                     done
//   trying      (failed)       name the way out, Exit with the failure                  failed
//   trying      run_unpacked   a call was killed: roll back, as failed                  failed
//   done        run_unpacked   Exit; if no version stays: stop what no other one ships  done
//   failed      run_unpacked   Refuse: its old version stays, too                       failed
//   unpacking   run_ended      start what has come                                      done, then -
//   done        run_ended      the same                                                 done, then -
//   failed      run_ended      leave the nodes as they are                              -
//   of a run that died         trying: roll back; else as run_ended; where both versions
//                              are installed: name the way out                          -
//   of a plugin any            Exit
//
// Old files are needed from their backup where the new version has the same directory, or the old one no
// scriptlets: then it is gone before the set is executed.

namespace erlrc {

/// Whether the record is that of such a run.
bool is_unpacked(const RunRecord& record);

/// The actions of the moments run_unpacks and run_unpacked, for a record of this run.
PackageActions run_unpacks(const RunRecord& record, const Snapshot& snapshot);
PackageActions run_unpacked(const RunRecord& record, const Snapshot& snapshot);

/// Continues after the actions of run_unpacked were executed.
PackageActions after_unpacked(RunRecord record, const Executed& executed, const Snapshot& snapshot);

}  // namespace erlrc
