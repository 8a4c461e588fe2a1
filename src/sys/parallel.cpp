// SPDX-License-Identifier: BSD-3-Clause
#include <erlrc/sys/parallel.hpp>

#include <pthread.h>

#include <algorithm>
#include <atomic>
#include <thread>

#include <erlrc/sys/signals.hpp>

namespace erlrc {
namespace {

/// Reading a deeply nested file takes up to 2 MB of stack. That is all that a thread has by default where
/// `ulimit -s` is unlimited, and less where it is low. Pages that are not used cost nothing.
constexpr std::size_t stack_size = 8U << 20;

void give_threads_enough_stack() {
  pthread_attr_t attributes;
  if (::pthread_getattr_default_np(&attributes) != 0) return;
  std::size_t size = 0;
  ::pthread_attr_getstacksize(&attributes, &size);
  if (size < stack_size && ::pthread_attr_setstacksize(&attributes, stack_size) == 0)
    ::pthread_setattr_default_np(&attributes);
  ::pthread_attr_destroy(&attributes);
}

}  // namespace

std::vector<std::exception_ptr> for_each_parallel(std::size_t count,
                                                  const std::function<void(std::size_t)>& body,
                                                  std::size_t threads) {
  std::vector<std::exception_ptr> errors(count);
  std::atomic<std::size_t> next = 0;
  const auto take_calls = [&]() noexcept {
    for (std::size_t i = next++; i < count; i = next++) {
      try {
        body(i);
      } catch (...) {
        errors[i] = std::current_exception();
      }
    }
  };
  const auto take_calls_in_thread = [&]() noexcept {
    const SignalStack stack;
    take_calls();
  };
  const std::size_t needed = std::min(count, std::max(threads, std::size_t{1}));
  std::vector<std::jthread> started;
  if (needed > 1) give_threads_enough_stack();
  try {
    // A single thread would only take the place of this one.
    while (needed > 1 && started.size() < needed)
      started.emplace_back(take_calls_in_thread);
  } catch (const std::exception&) {
    // The system cannot start another thread, or has no memory for it.
  }
  if (started.size() < needed) take_calls();
  started.clear();  // waits until all have ended
  return errors;
}

void rethrow_first(const std::vector<std::exception_ptr>& errors) {
  const auto first = std::ranges::find_if(errors, [](const auto& error) { return error != nullptr; });
  if (first != errors.end()) std::rethrow_exception(*first);
}

}  // namespace erlrc
