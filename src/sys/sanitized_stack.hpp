// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <cstddef>

#ifdef __SANITIZE_ADDRESS__
#include <sanitizer/common_interface_defs.h>
#endif

// The address sanitizer wants to hear when a thread changes its stack, or it takes what lies on another one
// for an error. Without the sanitizer, nothing here does anything.

namespace erlrc {

#ifdef __SANITIZE_ADDRESS__

/// The stack of a fiber. Of each change between it and the thread's own one, both sides are told.
class SanitizedStack {
public:
  void is_at(const void* top, std::size_t size) {
    bottom_ = static_cast<const char*>(top) - size;
    size_ = size;
  }
  void entering() { __sanitizer_start_switch_fiber(&thread_fake_, bottom_, size_); }
  void entered() { __sanitizer_finish_switch_fiber(fake_, &thread_bottom_, &thread_size_); }
  void leaving() { __sanitizer_start_switch_fiber(&fake_, thread_bottom_, thread_size_); }
  void leaving_for_good() { __sanitizer_start_switch_fiber(nullptr, thread_bottom_, thread_size_); }
  void returned() { __sanitizer_finish_switch_fiber(thread_fake_, nullptr, nullptr); }

private:
  const void* bottom_ = nullptr;
  std::size_t size_ = 0;
  void* fake_ = nullptr;
  const void* thread_bottom_ = nullptr;
  std::size_t thread_size_ = 0;
  void* thread_fake_ = nullptr;
};

#else

class SanitizedStack {
public:
  void is_at(const void*, std::size_t) {}
  void entering() {}
  void entered() {}
  void leaving() {}
  void leaving_for_good() {}
  void returned() {}
};

#endif

}  // namespace erlrc
