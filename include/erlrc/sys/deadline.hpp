// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <chrono>

#include <erlrc/base/error.hpp>

namespace erlrc {

/// A point on the monotonic clock. A program makes one from --timeout when it starts, and every wait ends
/// there.
using Deadline = std::chrono::steady_clock::time_point;
using std::chrono::milliseconds;

/// A wait reached its deadline. The message omits the duration; the caller knows it.
class TimedOut : public Error {
public:
  TimedOut() : Error("did not answer in time") {}
};

Deadline after(milliseconds time);

/// The time left, never negative; part of a millisecond counts as a whole one.
milliseconds left_until(Deadline until);

}  // namespace erlrc
