// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <string>

#include "lab.hpp"

namespace erlrc::test {

/// An application with every kind of process, in a tree of several levels, and every kind of module; its
/// versions are 1.0.0 and 2.0.0. The servers are zoo_first, zoo_server, and zoo_deep and zoo_deeper below the
/// supervisor zoo_inner; zoo_pool has any number of zoo_guest. Only 1.0.0 has zoo_gone, only 2.0.0 zoo_new.
LabRelease zoo(const std::string& vsn, const std::string& appup = {});

/// A smaller one: two servers, zoo_a and zoo_b, a plain module, one that is the same in both versions, a
/// removed and an added one.
LabRelease small_zoo(const std::string& vsn);

/// Adds versions 1.0.0 and 2.0.0 of an application with the servers zoo_keep and zoo_rec, the second of that
/// `kind`, and starts the first. The appup has these instructions for both directions.
void start_keeper(Lab& lab, const std::string& kind, const std::string& appup = {});

}  // namespace erlrc::test
