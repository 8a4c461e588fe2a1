// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <pthread.h>

#include <cstddef>
#include <stdexcept>

namespace erlrc::test {

/// The size of the stacks that threads of this process are given until the end of the scope.
class ThreadStacks {
public:
  /// No machine has room for it, so that no thread can be started.
  static constexpr std::size_t impossible = std::size_t{1} << 50;

  explicit ThreadStacks(std::size_t size) {
    if (::pthread_getattr_default_np(&attributes_) != 0)
      throw std::runtime_error("pthread_getattr_default_np");
    ::pthread_attr_getstacksize(&attributes_, &before_);
    set(size);
  }
  ThreadStacks(const ThreadStacks&) = delete;
  ThreadStacks& operator=(const ThreadStacks&) = delete;
  ~ThreadStacks() {
    set(before_);
    ::pthread_attr_destroy(&attributes_);
  }

private:
  void set(std::size_t size) {
    ::pthread_attr_setstacksize(&attributes_, size);
    ::pthread_setattr_default_np(&attributes_);
  }

  pthread_attr_t attributes_{};
  std::size_t before_ = 0;
};

}  // namespace erlrc::test
