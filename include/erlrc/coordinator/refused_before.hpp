// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <optional>
#include <string>

#include <erlrc/dist/node_entry.hpp>
#include <erlrc/plan/plan.hpp>
#include <erlrc/plan/request.hpp>

// The memory of upgrades that a node has tried and rolled back, in $ERLRC_STATE/refused/NODE/APP. As long as
// nothing has changed, the next try would suspend the same processes in vain: unattended upgrades try every
// day.

namespace erlrc {

struct RefusedBefore {
  std::string identity;  ///< of the change and of the node (identity_of)
  std::string when;      ///< the day
  std::string why;       ///< one line
  bool operator==(const RefusedBefore&) const = default;
};

/// All that decides how the change of an application will end, as far as it can be known before: the code and
/// the appups of both versions, the policy, and the process of the node.
std::string identity_of(const Atom& app, const Request::Change& change, const Files& files,
                        const NodeEntry& entry);

/// Absent also if it cannot be read.
std::optional<RefusedBefore> load_refused(const std::string& node, const Atom& app);

/// Does nothing if it cannot be written: then the node tries again.
void store_refused(const std::string& node, const Atom& app, const std::string& identity,
                   const std::string& why);
void forget_refused(const std::string& node, const Atom& app);

/// Why the change is refused now.
std::string refused_again(const RefusedBefore& before);

}  // namespace erlrc
