// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <optional>
#include <string>
#include <variant>
#include <vector>

#include <erlrc/plan/request.hpp>
#include <erlrc/transaction/control_member.hpp>
#include <erlrc/transaction/run_record.hpp>

// What next() (package_run.hpp) wants done. The engine does the actions of a list in order. A list ends with
// - Exit, Refuse or Skip: the call is over;
// - an action that asks (LookUp, OpenArchives, Stage, Ask): next() is called again with the answer in the
//   snapshot and the same event;
// - Execute, or a Confirm that is not met: next() is called again with what came of the list;
// - anything else: next() is called again as at the beginning, with the same snapshot but its backups, which
//   are loaded again.

namespace erlrc {

/// The exit code of requests after which a node is not as it was.
inline constexpr int not_rolled_back = 3;

/// From here on, this is the record of the run; one without groups is removed.
struct Store {
  RunRecord record;
  bool operator==(const Store&) const = default;
};

/// Requests for the nodes.
struct Execute {
  enum class How {
    all_or_none,  ///< if one fails, those before it are rolled back; if that fails, too, the exit code is 3
    each,         ///< every request on every node that can do it
    move,         ///< the same without a report: only directories in the code path change
  };
  std::vector<Request> requests;
  How how = How::all_or_none;
  bool required = false;  ///< if it fails, the rest of the list is not done
  bool operator==(const Execute&) const = default;
};

/// Requests that roll back a package, on each node as far as it can be done. If a node cannot be rolled back,
/// it keeps running files that are about to be removed: then `stays`, if present, becomes the backup of the
/// package, and its next `configured` tries again.
struct RollBack {
  std::string package;
  std::vector<Request> requests;
  std::optional<PackagedApps> stays{};
  bool operator==(const RollBack&) const = default;
};

/// Ends the list if it is not known of a node whether it did what Execute (each, move) and RollBack asked of
/// it before: it may still run the files that the rest of the list would drop.
struct Confirm {
  bool operator==(const Confirm&) const = default;
};

/// Backs up the files of these applications, where they are still those of their versions. A backup of the
/// same version stays: a call that is repeated may find the new files where the old ones were.
struct BackUp {
  std::string package;
  PackagedApps apps;
  bool operator==(const BackUp&) const = default;
};

/// From here on, the nodes have the applications from the backup.
struct UseBackup {
  std::string package;
  bool operator==(const UseBackup&) const = default;
};

struct DropBackup {
  std::string package;
  bool operator==(const DropBackup&) const = default;
};

/// Asks: unpacks the archive of a package that the package manager has not come to yet.
struct Stage {
  std::string package;
  std::string archive;
  bool operator==(const Stage&) const = default;
};

struct DropStaged {
  std::string package;
  bool operator==(const DropStaged&) const = default;
};

struct DropAllStaged {
  bool operator==(const DropAllStaged&) const = default;
};

/// Asks for the packages that are installed: those with hooks, the calling one, and those of the archives and
/// of the record.
struct LookUp {
  bool operator==(const LookUp&) const = default;
};

/// Asks what the archives hold (snapshot.hpp), or, in run_unpacks and run_unpacked, which versions are there.
struct OpenArchives {
  bool operator==(const OpenArchives&) const = default;
};

/// Asks the nodes; none is changed.
struct Ask {
  enum class What {
    would_change,   ///< whether a request would change a node
    needs_restart,  ///< whether a node runs another version, which only a restart changes
    needs_backup,   ///< the same, or it is not known what a node runs
  };
  What what = What::would_change;
  std::vector<Request> requests;
  bool operator==(const Ask&) const = default;
};

/// A line for the user. `first`: before those that the nodes have caused.
struct Warn {
  std::string text;
  bool first = false;
  bool operator==(const Warn&) const = default;
};

/// What later calls of this run have to know of the calling package.
struct Note {
  enum class What {
    refused_removal,  ///< nodes have refused its removal
    failed_start,     ///< nodes could not start all of its applications
  };
  What what;
  bool operator==(const Note&) const = default;
};

/// The package manager has to keep the old version of the calling package; the call fails.
struct Refuse {
  std::string why;
  bool operator==(const Refuse&) const = default;
};

/// The nodes do not follow the calling package until they are restarted; the call succeeds.
struct Skip {
  std::string why;
  bool operator==(const Skip&) const = default;
};

struct Exit {
  int code = 0;
  bool operator==(const Exit&) const = default;
};

using PackageAction =
    std::variant<Store, Execute, RollBack, Confirm, BackUp, UseBackup, DropBackup, Stage, DropStaged,
                 DropAllStaged, LookUp, OpenArchives, Ask, Warn, Note, Refuse, Skip, Exit>;
using PackageActions = std::vector<PackageAction>;

}  // namespace erlrc
