// SPDX-License-Identifier: BSD-3-Clause
#include <erlrc/sys/side_by_side.hpp>

#include <cxxabi.h>
#include <poll.h>
#include <sys/mman.h>

#include <algorithm>
#include <boost/context/fiber.hpp>
#include <boost/context/preallocated.hpp>
#include <boost/context/stack_context.hpp>
#include <boost/context/stack_traits.hpp>
#include <cassert>
#include <cerrno>
#include <cstring>
#include <limits>
#include <span>
#include <thread>
#include <vector>

#include <erlrc/base/error.hpp>

#include "sanitized_stack.hpp"

// What is done for a node is short; nearly all of its time is spent in waiting for the node. A thread for
// each would cost more than the work itself, so each call of the body is a fiber: it has a stack of its own,
// and runs in the thread that asked, until it waits.
//
//   begin ----> running ----> waiting (for a descriptor, or only for a point in time)
//                 |  ^           |
//                end +-----------+  ready, late, or poll failed
//
// There are two places where a fiber stops running: its end and Fibers::wait. Both go back to Fibers::run,
// which is on the thread's own stack; it polls for all that wait, and then lets those that have something go
// on one after the other. Whoever waits outside of a fiber, or in another thread that a fiber has started,
// simply polls.
//
// C++ keeps the exceptions that are being handled or thrown in a list per thread. A fiber that waits inside
// of a handler, or in a destructor while an exception passes, would leave its part of the list to the next
// one; so each fiber has a list of its own, which is put in the place of the thread's while it runs.

namespace erlrc {
namespace {

namespace context = boost::context;

/// As much as a thread has; reading a deeply nested .app file takes up to 2 MB. Pages that are not touched
/// cost nothing.
constexpr std::size_t stack_size = 8U << 20;

/// Waits until something in `awaited` is ready, or until the deadline. Returns 0 or an errno value.
int poll_until(std::span<pollfd> awaited, Deadline until) {
  for (;;) {
    const auto left = std::min<milliseconds::rep>(left_until(until).count(), std::numeric_limits<int>::max());
    const int ready = ::poll(awaited.data(), awaited.size(), static_cast<int>(left));
    if (ready > 0 || (ready == 0 && left_until(until).count() == 0)) return 0;
    if (ready < 0 && errno != EINTR) return errno;
  }
}

/// What __cxa_get_globals points to, as the C++ ABI (2.2.2) lays it out.
struct ExceptionList {
  void* caught = nullptr;
  unsigned int uncaught = 0;
};

/// Changes places with the thread's own.
void swap_with_thread(ExceptionList& list) {
  const ExceptionList mine = list;
  void* thread = abi::__cxa_get_globals();
  std::memcpy(&list, thread, sizeof list);
  std::memcpy(thread, &mine, sizeof mine);
}

/// The stacks of all fibers in one mapping, each above a page that nobody may touch. Mapping and unmapping
/// one after the other would take a tenth of what is done here for a node.
class Stacks {
public:
  explicit Stacks(std::size_t count) : size_(count * each_) {
    void* mapped = ::mmap(nullptr, size_, PROT_READ | PROT_WRITE,
                          MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE | MAP_STACK, -1, 0);
    if (mapped == MAP_FAILED) throw SystemError("stacks: mmap", errno);
    bottom_ = static_cast<char*>(mapped);
    for (std::size_t i = 0; i < count; ++i)
      if (::mprotect(bottom_ + i * each_, guard_, PROT_NONE) != 0) {
        const int error = errno;
        ::munmap(bottom_, size_);
        throw SystemError("stacks: mprotect", error);
      }
    // A huge page would have to be cleared for the few small ones that are used. A kernel without
    // them refuses, which does no harm.
    ::madvise(bottom_, size_, MADV_NOHUGEPAGE);
  }
  ~Stacks() { ::munmap(bottom_, size_); }
  Stacks(const Stacks&) = delete;
  Stacks& operator=(const Stacks&) = delete;

  context::stack_context stack(std::size_t number) const {
    context::stack_context made;
    made.size = each_;
    made.sp = bottom_ + (number + 1) * each_;
    return made;
  }

private:
  const std::size_t guard_ = context::stack_traits::page_size();
  const std::size_t each_ = guard_ + stack_size;
  std::size_t size_;
  char* bottom_ = nullptr;
};

/// What a fiber does with its stack when it ends: nothing, as Stacks keeps it.
struct KeepStack {
  void deallocate(context::stack_context&) {}
};

class Fibers;

/// Those of this thread, while it runs one of them.
thread_local Fibers* running_here = nullptr;

class Fibers {
public:
  Fibers(std::size_t count, const std::function<void(std::size_t)>& body)
      : body_(body), stacks_(count), fibers_(count) {}

  void run() {
    for (std::size_t i = 0; i < fibers_.size(); ++i)
      begin(i);
    while (waiting_ > 0)
      go_on_with_ready();
  }

  /// Called by the fiber that runs. Returns 0 once `awaited` is ready or the time is over, or an errno value.
  int wait(pollfd& awaited, Deadline until) {
    Fiber& self = *running_;
    self.awaited = awaited;
    self.until = until;
    leave(self);
    awaited.revents = self.awaited.revents;
    return self.error;
  }

private:
  struct Fiber {
    context::fiber rest{};  ///< where it goes on; empty before its begin and after its end
    pollfd awaited{};
    Deadline until{};
    int error = 0;  ///< of poll
    ExceptionList exceptions{};
    SanitizedStack stack{};
  };

  void begin(std::size_t number) {
    Fiber& fiber = fibers_[number];
    const context::stack_context stack = stacks_.stack(number);
    fiber.stack.is_at(stack.sp, stack.size);
    fiber.rest = context::fiber(std::allocator_arg, context::preallocated(stack.sp, stack.size, stack),
                                KeepStack{}, [this, number, &fiber](context::fiber&& thread) {
                                  thread_ = std::move(thread);
                                  fiber.stack.entered();
                                  body_(number);
                                  --waiting_;
                                  fiber.stack.leaving_for_good();
                                  return std::move(thread_);
                                });
    ++waiting_;
    enter(fiber);
  }

  /// From the thread to a fiber; returns when that waits or has ended.
  void enter(Fiber& fiber) {
    running_here = this;
    running_ = &fiber;
    swap_with_thread(fiber.exceptions);
    fiber.stack.entering();
    fiber.rest = std::move(fiber.rest).resume();
    fiber.stack.returned();
    swap_with_thread(fiber.exceptions);
    running_here = nullptr;
  }

  /// From the fiber that runs to the thread; returns when it is entered again.
  void leave(Fiber& fiber) {
    fiber.stack.leaving();
    thread_ = std::move(thread_).resume();
    fiber.stack.entered();
  }

  void go_on_with_ready() {
    std::vector<Fiber*> waiting;
    std::vector<pollfd> awaited;
    Deadline first = Deadline::max();
    for (Fiber& fiber : fibers_) {
      if (!fiber.rest) continue;
      waiting.push_back(&fiber);
      awaited.push_back(fiber.awaited);
      first = std::min(first, fiber.until);
    }
    const int error = poll_until(awaited, first);
    const Deadline now = std::chrono::steady_clock::now();
    for (std::size_t i = 0; i < waiting.size(); ++i) {
      Fiber& fiber = *waiting[i];
      fiber.awaited.revents = error == 0 ? awaited[i].revents : short{0};
      fiber.error = error;
      if (error != 0 || fiber.awaited.revents != 0 || fiber.until <= now) enter(fiber);
    }
  }

  const std::function<void(std::size_t)>& body_;
  Stacks stacks_;
  std::vector<Fiber> fibers_;
  std::size_t waiting_ = 0;  ///< fibers that have not ended
  Fiber* running_ = nullptr;
  context::fiber thread_;  ///< while a fiber runs: where the thread goes on
};

/// poll passes over negative descriptors.
pollfd nothing() {
  return {-1, 0, 0};
}

/// Waits for `awaited` in the way that suits where we are. Returns whether it is ready.
bool is_ready_by(pollfd awaited, Deadline until) {
  const int error = running_here ? running_here->wait(awaited, until) : poll_until({&awaited, 1}, until);
  if (error != 0) throw SystemError("socket: poll", error);
  return awaited.revents != 0;
}

}  // namespace

void side_by_side(std::size_t count, const std::function<void(std::size_t)>& body) {
  assert(!running_here);
  if (count == 0) return;
  if (count == 1) return body(0);
  Fibers(count, body).run();
}

void wait_for(int fd, short events, Deadline until) {
  if (!is_ready_by({fd, events, 0}, until)) throw TimedOut();
}

void pause(milliseconds time) {
  is_ready_by(nothing(), after(time));
}

}  // namespace erlrc
