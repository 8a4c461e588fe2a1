// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <vector>

#include <erlrc/coordinator/execute.hpp>
#include <erlrc/plan/later_conversions.hpp>

namespace erlrc {

/// As execute/3, for one of several requests, after which others convert `later`.
std::vector<NodeReport> execute(const Request& request, const Site& site, const ExecuteOptions& options,
                                const LaterConversions& later);

}  // namespace erlrc
