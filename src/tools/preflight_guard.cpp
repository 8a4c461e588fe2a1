// SPDX-License-Identifier: BSD-3-Clause
#include "preflight_guard.hpp"

#include <sys/time.h>
#include <unistd.h>

#include <array>
#include <csignal>
#include <string_view>

namespace erlrc {
namespace {

constexpr std::array kCrashes{SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGABRT};

volatile std::sig_atomic_t exit_code_of_guard = 0;

// Only what is safe in a signal handler.
extern "C" void end_process(int signal) {
  const std::string_view warning =
      signal == SIGALRM ? "erlrc-apt-preflight: warning: gave up, it took too long to look at the nodes\n"
                        : "erlrc-apt-preflight: warning: crashed; this is a defect of erlrc\n";
  [[maybe_unused]] const auto written = ::write(STDERR_FILENO, warning.data(), warning.size());
  ::_exit(exit_code_of_guard);
}

void set_timer(milliseconds time) {
  itimerval timer{};
  timer.it_value.tv_sec = time.count() / 1000;
  timer.it_value.tv_usec = time.count() % 1000 * 1000;
  ::setitimer(ITIMER_REAL, &timer, nullptr);
}

}  // namespace

void guard_process(int exit_code, milliseconds longest) {
  exit_code_of_guard = exit_code;
  for (const int signal : kCrashes)
    std::signal(signal, end_process);
  std::signal(SIGALRM, end_process);
  set_timer(longest);
}

void release_guard() {
  set_timer(milliseconds{0});
  for (const int signal : kCrashes)
    std::signal(signal, SIG_DFL);
  std::signal(SIGALRM, SIG_DFL);
}

}  // namespace erlrc
