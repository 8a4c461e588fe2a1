// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include <erlrc/coordinator/settings.hpp>
#include <erlrc/plan/plan.hpp>
#include <erlrc/plan/request.hpp>
#include <erlrc/site/site.hpp>
#include <erlrc/sys/deadline.hpp>

// Nodes and what is installed: whether they agree, and making them agree.

namespace erlrc {

/// What brings any node in sync with the packages that dpkg and rpm have installed with a control member: a
/// change of each application from its installed version to the same, whatever runs. Packages whose member
/// cannot be read, and applications whose files are missing, are left out.
std::vector<Request> sync_requests(const Desired& desired);

struct NodeSync {
  enum class State {
    in_sync,
    changed,      ///< it is in sync now; with `dry_run`: it would be
    restart_due,  ///< only a restart brings it in sync
    down,
    other_system,  ///< it belongs to another system
    unknown,       ///< it could not be asked
  };
  std::string node;
  State state = State::in_sync;
  std::vector<std::string> lines{};  ///< what differs, or why it is so
  bool operator==(const NodeSync&) const = default;
};

/// `in_sync`, `restart_due`, ..
std::string_view to_string(NodeSync::State state);

/// Brings each node in sync, as far as that is possible while it runs. `dry_run`: changes nothing.
std::vector<NodeSync> sync_nodes(const Site& site, const Settings& settings, bool dry_run, Deadline until);

}  // namespace erlrc
