// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <optional>

#include <erlrc/node/rpc.hpp>
#include <erlrc/plan/plan.hpp>
#include <erlrc/sys/deadline.hpp>

namespace erlrc {

/// The files of an upgrade, for the plan of one node. A module that the new version brings and that the node
/// runs already, since another application had it, counts as one of the version that runs, with the code that
/// runs: this has made the states of its processes, and they are upgraded with it.
class FilesWithMoved {
public:
  /// Asks the node only if there are new modules. Leaves out what cannot be read, is no longer in its file,
  /// or is the same code. Refers to what `files` has read.
  FilesWithMoved(Rpc& rpc, const Request& request, const NodeState& node, Files files, Deadline until);

  /// Refers to this object.
  Files files() const;

private:
  Files files_;
  std::optional<Version> from_;
  AppFiles with_moved_;
};

}  // namespace erlrc
