// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <vector>

#include <erlrc/plan/later_conversions.hpp>

namespace erlrc {

/// For each of some requests, which are executed one after the other, all or none: what those after it
/// convert. What cannot be read is left out, since its own plan reports it.
std::vector<LaterConversions> later_conversions(const std::vector<Request>& requests);

}  // namespace erlrc
