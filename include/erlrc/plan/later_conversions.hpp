// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <vector>

#include <erlrc/plan/plan.hpp>

namespace erlrc {

/// What applications of the same upgrade set convert after the one that is upgraded. The node does not
/// refuse what these keep. Processes that keep records of before wait, suspended, for their own upgrade; if
/// that does not come, they are resumed after half a minute.
struct LaterConversions {
  std::vector<Atom> modules;  ///< whose processes are converted
  std::vector<Atom> apps;     ///< in which something is called that may convert rows of their tables
  bool operator==(const LaterConversions&) const = default;
};

/// What the script of `change` converts, in processes of whatever application.
LaterConversions conversions_of(const Request::Change& change, const Files& files);

}  // namespace erlrc
