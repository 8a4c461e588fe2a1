// SPDX-License-Identifier: BSD-3-Clause
#include <erlrc/sys/parallel.hpp>

#include <pthread.h>

#include <algorithm>
#include <atomic>
#include <condition_variable>
#include <mutex>
#include <thread>
#include <utility>

#include <erlrc/sys/deadline.hpp>
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

/// The calls of one for_each_parallel.
class Calls {
public:
  Calls(std::size_t count, const std::function<void(std::size_t)>& body) : body_(body), errors_(count) {}

  /// Makes one after the other, as long as there are some that have not begun.
  void make() noexcept {
    for (std::size_t i = next_++; i < errors_.size(); i = next_++) {
      if (i + 1 == errors_.size()) note_last();
      try {
        body_(i);
      } catch (...) {
        errors_[i] = std::current_exception();
      }
      ++ended_;
    }
  }

  /// Waits until all have begun; false: no call has ended for `patience`.
  bool all_have_begun(milliseconds patience) {
    for (std::size_t before = ended_;; before = ended_) {
      std::unique_lock lock(mutex_);
      if (last_begins_.wait_for(lock, patience, [this] { return last_begun_; })) return true;
      if (ended_ == before) return false;
    }
  }

  std::vector<std::exception_ptr> take_errors() { return std::move(errors_); }

private:
  void note_last() {
    const std::scoped_lock lock(mutex_);
    last_begun_ = true;
    last_begins_.notify_one();
  }

  const std::function<void(std::size_t)>& body_;
  std::vector<std::exception_ptr> errors_;
  std::atomic<std::size_t> next_ = 0;
  std::atomic<std::size_t> ended_ = 0;
  std::mutex mutex_;
  std::condition_variable last_begins_;
  bool last_begun_ = false;
};

}  // namespace

std::vector<std::exception_ptr> for_each_parallel(std::size_t count,
                                                  const std::function<void(std::size_t)>& body,
                                                  Threads threads) {
  Calls calls(count, body);
  const auto make_calls_in_thread = [&]() noexcept {
    const SignalStack stack;
    calls.make();
  };
  const std::size_t at_once = std::min(count, threads.at_once);
  std::vector<std::jthread> started;
  const auto start_threads = [&](std::size_t desired) {
    while (started.size() < desired)
      started.emplace_back(make_calls_in_thread);
  };
  // A single thread would only take the place of this one.
  if (at_once <= 1) {
    calls.make();
    return calls.take_errors();
  }
  give_threads_enough_stack();
  try {
    start_threads(at_once);
    while (threads.patience > milliseconds{0} && started.size() < count &&
           !calls.all_have_begun(threads.patience))
      start_threads(std::min(count, 2 * started.size()));
  } catch (const std::exception&) {
    // The system cannot start another thread, or has no memory for it.
    calls.make();
  }
  started.clear();  // waits until all have ended
  return calls.take_errors();
}

void rethrow_first(const std::vector<std::exception_ptr>& errors) {
  const auto first = std::ranges::find_if(errors, [](const auto& error) { return error != nullptr; });
  if (first != errors.end()) std::rethrow_exception(*first);
}

}  // namespace erlrc
