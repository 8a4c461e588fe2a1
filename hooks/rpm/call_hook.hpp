// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <fcntl.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <csignal>
#include <string>

// How a plugin of rpm or libdnf5 asks erlrc-hook, which decides; see erlrc-hook(8). Plugins are loaded into
// programs of others, so this uses nothing of erlrc.

namespace erlrc_plugin {

inline const char* const hook = "/usr/bin/erlrc-hook";

/// Whether erlrc is there: without it, packages are installed and removed as ever.
inline bool has_hook() {
  return ::access(hook, X_OK) == 0;
}

/// Adds an element of the transaction to the input of the hook, which reads a line each. False: it has
/// several lines. Names of archives come from repositories, often without a signature.
inline bool add_element(std::string& text, const std::string& element) {
  if (element.find('\n') != std::string::npos) return false;
  text += element + "\n";
  return true;
}

inline void write_all(int fd, const std::string& text) {
  for (std::size_t at = 0; at < text.size();) {
    const ssize_t size = ::write(fd, text.data() + at, text.size() - at);
    if (size < 0 && errno != EINTR) return;  // it has ended, and its exit status is what counts
    if (size > 0) at += static_cast<std::size_t>(size);
  }
}

/// Starts the hook with that standard input, as a shell would: rpm blocks signals during a transaction, and
/// its database is open. 0, or the number of the error.
inline int start_hook(const char* moment, int input, pid_t& pid) {
  posix_spawn_file_actions_t files;
  posix_spawn_file_actions_init(&files);
  posix_spawn_file_actions_adddup2(&files, input, STDIN_FILENO);
  posix_spawn_file_actions_addclosefrom_np(&files, STDERR_FILENO + 1);
  posix_spawnattr_t attributes;
  posix_spawnattr_init(&attributes);
  sigset_t signals;
  sigemptyset(&signals);
  posix_spawnattr_setsigmask(&attributes, &signals);
  sigfillset(&signals);
  posix_spawnattr_setsigdefault(&attributes, &signals);
  posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF);
  const std::array<const char*, 4> argv{hook, "rpm", moment, nullptr};
  const int failed =
      ::posix_spawn(&pid, hook, &files, &attributes, const_cast<char* const*>(argv.data()), environ);
  posix_spawnattr_destroy(&attributes);
  posix_spawn_file_actions_destroy(&files);
  return failed;
}

/// Calls `erlrc-hook rpm MOMENT` with that standard input. Its exit status; -1 if it has none.
inline int call_hook(const char* moment, const std::string& input) {
  std::array<int, 2> ends{};
  if (::pipe2(ends.data(), O_CLOEXEC) != 0) return -1;
  pid_t pid = 0;
  const int failed = start_hook(moment, ends[0], pid);
  ::close(ends[0]);
  const auto before = std::signal(SIGPIPE, SIG_IGN);
  if (failed == 0) write_all(ends[1], input);
  std::signal(SIGPIPE, before);
  ::close(ends[1]);
  if (failed != 0) return -1;
  int status = 0;
  while (::waitpid(pid, &status, 0) < 0)
    if (errno != EINTR) return -1;
  return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

}  // namespace erlrc_plugin
