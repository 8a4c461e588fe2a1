// SPDX-License-Identifier: BSD-3-Clause
#include <erlrc/sys/signals.hpp>

#include <sys/time.h>
#include <unistd.h>

#include <array>
#include <csignal>
#include <cstddef>
#include <new>

namespace erlrc {
namespace {

constexpr std::array end_signals{SIGINT, SIGTERM, SIGHUP};
constexpr std::array crashes{SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGABRT};

constexpr std::size_t signal_stack_size = std::size_t{64} << 10;

// What the signal handlers read.
volatile std::sig_atomic_t child_of_signals = 0;
volatile std::sig_atomic_t exit_code_of_guard = 0;
ProcessGuard::Texts texts_of_guard;

extern "C" void forward_signal(int) {
  if (child_of_signals > 0) ::kill(static_cast<pid_t>(child_of_signals), SIGTERM);
}

// Calls only functions that are safe in a signal handler.
extern "C" void end_process(int signal) {
  const std::string_view warning = signal == SIGALRM ? texts_of_guard.late : texts_of_guard.crashed;
  [[maybe_unused]] const auto written = ::write(STDERR_FILENO, warning.data(), warning.size());
  ::_exit(exit_code_of_guard);
}

/// The handler runs on the stack for signals where the thread has one.
void handle(int signal, void (*handler)(int)) {
  struct sigaction action {};
  action.sa_handler = handler;
  action.sa_flags = SA_ONSTACK;
  ::sigaction(signal, &action, nullptr);
}

void set_timer(milliseconds time) {
  itimerval timer{};
  timer.it_value.tv_sec = time.count() / 1000;
  timer.it_value.tv_usec = time.count() % 1000 * 1000;
  ::setitimer(ITIMER_REAL, &timer, nullptr);
}

}  // namespace

void set_signals() {
  std::signal(SIGPIPE, SIG_IGN);
  std::signal(SIGXFSZ, SIG_IGN);
  std::signal(SIGCHLD, SIG_DFL);
}

void forward_end_signals(pid_t child) {
  child_of_signals = child;
  for (const int number : end_signals)
    std::signal(number, forward_signal);
}

SignalStack::SignalStack() : memory_(new (std::nothrow) char[signal_stack_size]) {
  if (!memory_) return;
  const stack_t stack{memory_.get(), 0, signal_stack_size};
  ::sigaltstack(&stack, nullptr);
}

SignalStack::~SignalStack() {
  const stack_t none{nullptr, SS_DISABLE, 0};
  ::sigaltstack(&none, nullptr);
}

EndSignalsBlocked::EndSignalsBlocked() {
  sigset_t blocked;
  ::sigemptyset(&blocked);
  for (const int number : end_signals)
    ::sigaddset(&blocked, number);
  ::pthread_sigmask(SIG_BLOCK, &blocked, &before_);
}

EndSignalsBlocked::~EndSignalsBlocked() {
  ::pthread_sigmask(SIG_SETMASK, &before_, nullptr);
}

ProcessGuard::ProcessGuard(int exit_code, milliseconds longest, Texts texts) {
  exit_code_of_guard = exit_code;
  texts_of_guard = texts;
  for (const int signal : crashes)
    handle(signal, end_process);
  handle(SIGALRM, end_process);
  set_timer(longest);
}

ProcessGuard::~ProcessGuard() {
  set_timer(milliseconds{0});
  for (const int signal : crashes)
    std::signal(signal, SIG_DFL);
  std::signal(SIGALRM, SIG_DFL);
}

}  // namespace erlrc
