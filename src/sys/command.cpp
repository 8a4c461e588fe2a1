// SPDX-License-Identifier: BSD-3-Clause
#include <erlrc/sys/command.hpp>

#include <fcntl.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>

#include <erlrc/base/error.hpp>
#include <erlrc/sys/unique_fd.hpp>

namespace erlrc {
namespace {

/// What the child gets as its standard files.
class Files {
public:
  explicit Files(int output) {
    ::posix_spawn_file_actions_init(&actions_);
    ::posix_spawn_file_actions_addopen(&actions_, 0, "/dev/null", O_RDONLY, 0);
    ::posix_spawn_file_actions_adddup2(&actions_, output, 1);
    ::posix_spawn_file_actions_addopen(&actions_, 2, "/dev/null", O_WRONLY, 0);
  }
  Files(const Files&) = delete;
  Files& operator=(const Files&) = delete;
  ~Files() { ::posix_spawn_file_actions_destroy(&actions_); }

  const posix_spawn_file_actions_t* get() const { return &actions_; }

private:
  posix_spawn_file_actions_t actions_{};
};

std::string read_all(int fd) {
  std::string text;
  std::array<char, 65536> buffer{};
  for (;;) {
    const ssize_t count = ::read(fd, buffer.data(), buffer.size());
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) throw SystemError("pipe: read", errno);
    if (count == 0) return text;
    text.append(buffer.data(), static_cast<std::size_t>(count));
  }
}

int wait_for(pid_t child) {
  int status = 0;
  while (::waitpid(child, &status, 0) < 0)
    if (errno != EINTR) throw SystemError("waitpid", errno);
  return status;
}

}  // namespace

bool succeeds(const std::vector<std::string>& argv, std::string& output) {
  std::array<int, 2> ends{};
  if (::pipe2(ends.data(), O_CLOEXEC) != 0) throw SystemError("pipe", errno);
  const UniqueFd ours(ends[0]);
  UniqueFd theirs(ends[1]);
  std::vector<char*> words;
  for (const std::string& word : argv)
    words.push_back(const_cast<char*>(word.c_str()));
  words.push_back(nullptr);
  const Files files(theirs.get());
  pid_t child = 0;
  if (const int error = ::posix_spawnp(&child, words[0], files.get(), nullptr, words.data(), environ))
    throw SystemError(argv[0] + ": run", error);
  theirs = UniqueFd();
  output = read_all(ours.get());
  const int status = wait_for(child);
  return WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

}  // namespace erlrc
