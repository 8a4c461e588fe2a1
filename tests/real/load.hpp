// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <string>
#include <vector>

#include "lab.hpp"

// What the callers and the processes of an application notice while it changes: real_load.erl, seen from
// here.

namespace erlrc::test {

struct Load {
  std::int64_t requests = 0;  ///< 0: nothing calls this application
  std::int64_t failed = 0;
  double longest_ms = 0;            ///< the longest request
  double before_ms = 0;             ///< and the longest before the change
  std::vector<std::string> errors;  ///< of the requests that failed
  std::vector<std::string> killed;  ///< processes that ended otherwise than normally, with the reason

  /// Adds what the other one has counted.
  void add(const Load& other);
};

/// Has a few processes of the node call the application until the end of the node. Throws if they cannot.
void start_load(Lab& lab, const std::string& app);

/// From here on `load_since_mark` counts.
void mark_load(Lab& lab);

Load load_since_mark(Lab& lab);

}  // namespace erlrc::test
