// SPDX-License-Identifier: BSD-3-Clause
// erlrc_bench_race ROUNDS|--once -- COMMAND... [-- COMMAND...]...
//
// Measures how long commands take as whole processes. In each round each command runs once, and each round
// begins with another command, so that disturbances of the machine affect all of them. The first round is not
// counted. Words NAME=VALUE before a command are its environment. Prints a line for each command, in
// microseconds: the median of the time from its spawn to its end, and the median of its processor time. Fails
// if a command fails; the output of commands is discarded, except for errors.
#include <fcntl.h>
#include <spawn.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <charconv>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <string>
#include <string_view>
#include <vector>

namespace {

using Microseconds = std::int64_t;

struct Command {
  std::vector<char*> environment;
  std::vector<char*> arguments;
  std::vector<Microseconds> wall = {};
  std::vector<Microseconds> cpu = {};
};

[[noreturn]] void give_up(const std::string& why) {
  std::fprintf(stderr, "erlrc_bench_race: %s\n", why.c_str());
  std::exit(1);
}

bool is_setting(std::string_view word) {
  return word.find('=') < word.find('/') && word.find('=') != std::string_view::npos;
}

Command to_command(std::vector<char*> words) {
  Command command;
  for (char** setting = environ; *setting != nullptr; ++setting)
    command.environment.push_back(*setting);
  const auto first = std::ranges::find_if_not(words, is_setting);
  command.environment.insert(command.environment.end(), words.begin(), first);
  command.arguments.assign(first, words.end());
  if (command.arguments.empty()) give_up("a command is empty");
  command.environment.push_back(nullptr);
  command.arguments.push_back(nullptr);
  return command;
}

std::vector<Command> to_commands(int argc, char** argv) {
  std::vector<Command> commands;
  std::vector<char*> words;
  for (int i = 3; i <= argc; ++i) {
    if (i == argc || std::string_view(argv[i]) == "--") {
      commands.push_back(to_command(std::move(words)));
      words.clear();
    } else {
      words.push_back(argv[i]);
    }
  }
  return commands;
}

Microseconds microseconds(const timeval& time) {
  return Microseconds{time.tv_sec} * 1'000'000 + time.tv_usec;
}

void run(Command& command, const posix_spawn_file_actions_t& actions, bool counts) {
  pid_t pid = 0;
  int status = 0;
  rusage used{};
  const auto began = std::chrono::steady_clock::now();
  if (::posix_spawnp(&pid, command.arguments[0], &actions, nullptr, command.arguments.data(),
                     command.environment.data()) != 0)
    give_up(std::string(command.arguments[0]) + ": cannot be run");
  if (::wait4(pid, &status, 0, &used) != pid) give_up("wait4 failed");
  const auto took = std::chrono::steady_clock::now() - began;
  if (status != 0)
    give_up(std::string(command.arguments[0]) + ": failed with status " + std::to_string(status));
  if (!counts) return;
  command.wall.push_back(std::chrono::duration_cast<std::chrono::microseconds>(took).count());
  command.cpu.push_back(microseconds(used.ru_utime) + microseconds(used.ru_stime));
}

Microseconds median(std::vector<Microseconds> values) {
  const auto middle = values.begin() + static_cast<std::ptrdiff_t>(values.size() / 2);
  std::ranges::nth_element(values, middle);
  return *middle;
}

}  // namespace

int main(int argc, char** argv) {
  const std::string_view count = argc > 1 ? argv[1] : "";
  const bool once = count == "--once";
  unsigned rounds = 0;
  const auto [end, error] = std::from_chars(count.data(), count.data() + count.size(), rounds);
  const bool is_number = error == std::errc{} && end == count.data() + count.size() && rounds > 0;
  if (argc < 4 || !(once || is_number) || std::string_view(argv[2]) != "--")
    give_up("usage: erlrc_bench_race ROUNDS|--once -- COMMAND... [-- COMMAND...]...");
  std::vector<Command> commands = to_commands(argc, argv);

  posix_spawn_file_actions_t actions;
  if (::posix_spawn_file_actions_init(&actions) != 0 ||
      ::posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0) != 0 ||
      ::posix_spawn_file_actions_addopen(&actions, STDOUT_FILENO, "/dev/null", O_WRONLY, 0) != 0)
    give_up("posix_spawn_file_actions failed");
  for (unsigned round = once ? 1 : 0; round <= std::max(rounds, 1U); ++round)
    for (std::size_t i = 0; i < commands.size(); ++i)
      run(commands[(round + i) % commands.size()], actions, round > 0);
  for (const Command& command : commands)
    std::printf("%lld %lld\n", static_cast<long long>(median(command.wall)),
                static_cast<long long>(median(command.cpu)));
}
