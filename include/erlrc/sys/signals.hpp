// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <signal.h>
#include <sys/types.h>

#include <memory>
#include <string_view>

#include <erlrc/sys/deadline.hpp>

// Signals of this process.

namespace erlrc {

/// A program starts with the signals of its caller. From now on, a write to a pipe that nothing reads, or
/// beyond the largest size of a file (`ulimit -f`), fails instead of ending this process, and its children
/// can be waited for.
void set_signals();

/// From now on, SIGINT, SIGTERM and SIGHUP do not end this process, but send SIGTERM to `child`. With 0 they
/// do nothing.
void forward_end_signals(pid_t child);

/// A stack for the signal handlers of the calling thread, as long as it exists: its own may be what is full.
class SignalStack {
public:
  SignalStack();
  ~SignalStack();
  SignalStack(const SignalStack&) = delete;
  SignalStack& operator=(const SignalStack&) = delete;

private:
  std::unique_ptr<char[]> memory_;
};

/// As long as it exists, SIGINT, SIGTERM and SIGHUP wait: in this thread and in those that it starts. In a
/// program without other threads, they do what they do otherwise when it ends.
class EndSignalsBlocked {
public:
  EndSignalsBlocked();
  ~EndSignalsBlocked();
  EndSignalsBlocked(const EndSignalsBlocked&) = delete;
  EndSignalsBlocked& operator=(const EndSignalsBlocked&) = delete;

private:
  sigset_t before_{};
};

/// As long as it exists, this process ends with a given exit code when it crashes, and when its time is over.
/// There can be only one at a time.
class ProcessGuard {
public:
  struct Texts {
    std::string_view late;     ///< printed when the time is over; must outlive the guard
    std::string_view crashed;  ///< printed after a crash; must outlive the guard
  };

  ProcessGuard(int exit_code, milliseconds longest, Texts texts);
  ~ProcessGuard();
  ProcessGuard(const ProcessGuard&) = delete;
  ProcessGuard& operator=(const ProcessGuard&) = delete;

private:
  SignalStack stack_;  ///< of the calling thread; those of for_each_parallel have their own
};

}  // namespace erlrc
