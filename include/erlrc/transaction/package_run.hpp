// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <optional>
#include <variant>

#include <erlrc/transaction/action.hpp>
#include <erlrc/transaction/run_record.hpp>
#include <erlrc/transaction/snapshot.hpp>

// One run of a package manager, as a state machine. Its state is the record, which every call of the run
// loads and stores. Why it is shaped like this: upgrade_set.hpp.
//
// The state of the calling package is that of its group in the record (no group: `-`) and whether it is
// closed, that is, whether the package manager can no longer put its old version back, or has done so.
//
//   state       moment                what is done                                       state after
//   ----------  --------------------  -------------------------------------------------  -----------
//   -           about_to_unpack       back up what will be missed                        -
//   -           both_on_disk(_again)  nodes follow: store, then Execute the whole set    trying
//               ..                    .. the packages do not fit together: Refuse        failed
//               ..                    .. it has to wait for a restart: Skip              -
//   trying      (executed)            back up while others are to come                   done, closed
//   trying      (failed)              Refuse: the other packages of the set, too         failed
//   trying      both_on_disk(_again)  a call was killed: the same once more              trying_again
//   trying_aga. (executed)            as trying                                          done, closed
//   trying_aga. (failed)              roll back what the killed call did                 failed
//   done        both_on_disk(_again)  its turn has come: exchange the directories        done, closed
//   done        .. (failed)           roll back the packages that are not closed, and    failed
//                                     those that need what did not come
//   trying*     unpack_failed         the same                                           failed
//   done        unpack_failed         the same                                           failed
//   -, failed   unpack_failed         roll back this package                             same
//   failed      about_to_unpack       Refuse, before anything is unpacked                failed, closed
//   not failed  about_to_unpack       another version: finish the group; then as `-`     -
//   failed      both_on_disk(_again)  Refuse                                             failed
//   any         given_up              what unpack_failed missed; then as configured      -, closed
//   any         configured            finish the run; then bring the nodes in sync       -
//   any         stays_installed       start; drop the backup that no node needs          same
//   any         about_to_remove       stop; what another package ships: back it up and   same
//               ..                    change to that; what comes with another package:
//               ..                    back it up
//   any         removed               the same; drop the backups that no node needs      same
//
// A group whose packages are all closed leaves the record; a record without groups is removed. If the record
// is that of another run, that run ended early: the first call of the next one finishes it. To finish a run
// means that nothing more of it will be unpacked: what has come is closed, what has not is rolled back, with
// the packages that need it; backups and staged files are dropped.
//
// A call fails because of nodes only if a failure keeps the old version (both_on_disk), if a node was changed
// and could not be rolled back, or if it is not known whether it was. Otherwise dpkg continues: a node that
// was not changed never leaves a package half configured or half removed.
//
// Why a second call is harmless: before a node is touched the record holds the requests, in the state trying;
// a request that is already fulfilled changes nothing; and a package is closed only after its backup was
// made.

namespace erlrc {

/// The package manager has called.
struct Called {
  bool operator==(const Called&) const = default;
};

/// The actions of the list before were done.
struct Executed {
  int code = 0;                     ///< of the first required Execute that failed; 0: none did
  bool all_known = true;            ///< after each Execute and RollBack: of every node, what it runs
  std::optional<Request> failed{};  ///< all_or_none: the request that failed
  int worst = 0;                    ///< of all Execute and RollBack
  bool unconfirmed = false;         ///< a Confirm has ended the list
  bool operator==(const Executed&) const = default;
};

using RunEvent = std::variant<Called, Executed>;

/// What has to be done next. Pure: the same arguments give the same actions.
PackageActions next(const RunRecord& record, const RunEvent& event, const Snapshot& snapshot);

}  // namespace erlrc
