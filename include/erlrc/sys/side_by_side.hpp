// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <cstddef>
#include <functional>

#include <erlrc/sys/deadline.hpp>

// Many waits at once in one thread.

namespace erlrc {

/// Calls `body` with 0, 1 .. `count` - 1 and returns when all calls have. While one of them waits for a
/// socket or pauses, the others go on; between two waits it is alone, so what they share needs no locks.
/// `body` must not throw: an exception that leaves it ends the program, as one that leaves a thread does. Nor
/// may it call this function again.
void side_by_side(std::size_t count, const std::function<void(std::size_t)>& body);

/// Waits until `fd` is ready for `events` (those of poll), or broken. Throws TimedOut.
void wait_for(int fd, short events, Deadline until);

/// Lets `time` pass.
void pause(milliseconds time);

}  // namespace erlrc
