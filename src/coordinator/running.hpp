// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <condition_variable>
#include <cstddef>
#include <mutex>

#include <erlrc/sys/deadline.hpp>

namespace erlrc {

/// Counts the nodes whose plans are still running.
class Running {
public:
  explicit Running(std::size_t count) : count_(count) {}

  void one_ended() {
    const std::scoped_lock lock(mutex_);
    if (--count_ == 0) all_ended_.notify_all();
  }

  /// Waits for `time` at most. Whether all have ended.
  bool all_end_within(milliseconds time) {
    std::unique_lock lock(mutex_);
    return all_ended_.wait_for(lock, time, [this] { return count_ == 0; });
  }

private:
  std::mutex mutex_;
  std::condition_variable all_ended_;
  std::size_t count_;
};

}  // namespace erlrc
