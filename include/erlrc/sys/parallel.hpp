// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <cstddef>
#include <exception>
#include <functional>
#include <limits>
#include <vector>

#include <erlrc/sys/deadline.hpp>

// Many nodes or files at the same time. (Only in_network starts a thread of its own.)

namespace erlrc {

/// How many threads make the calls.
struct Threads {
  std::size_t at_once = std::numeric_limits<std::size_t>::max();
  /// The number of threads doubles each time that no call has ended for this long. With zero it stays as it
  /// is.
  milliseconds patience{};
};

inline constexpr Threads one_thread_each{};

/// For calls that are short if nothing is wrong: a thread costs half a millisecond. If 100 of them wait, all
/// have begun after 15 ms.
inline constexpr Threads threads_as_needed{4, milliseconds{3}};

/// Calls `body` with 0, 1 .. `count` - 1 in `threads`, and returns when all calls have ended.
/// Each place of the result holds the exception that ended that call, or null. An exception ends its own call
/// only.
///
/// Where one thread is enough, that is the calling thread. If the system does not start as many threads as
/// asked for (it limits processes and memory), the calling thread makes calls, too, one after the other. A
/// call that waits for another one must not do so in the calling thread (the one whose
/// std::this_thread::get_id() is that of the caller), and needs `one_thread_each`: the other one may still
/// have to begin.
std::vector<std::exception_ptr> for_each_parallel(std::size_t count,
                                                  const std::function<void(std::size_t)>& body,
                                                  Threads threads = one_thread_each);

/// Throws the first exception of a result of `for_each_parallel`, if it holds one.
void rethrow_first(const std::vector<std::exception_ptr>& errors);

}  // namespace erlrc
