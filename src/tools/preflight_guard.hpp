// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <erlrc/sys/deadline.hpp>

namespace erlrc {

/// APT waits for its hooks, and takes one that dies for one that refuses. From now on, until `release_guard`,
/// this process ends with a line of warning and with `exit_code` when it crashes, and when it still runs
/// after `longest`.
void guard_process(int exit_code, milliseconds longest);
void release_guard();

}  // namespace erlrc
