// SPDX-License-Identifier: BSD-3-Clause
#include <erlrc/sys/child_program.hpp>

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <boost/process/args.hpp>
#include <boost/process/child.hpp>
#include <boost/process/env.hpp>
#include <boost/process/error.hpp>
#include <boost/process/exe.hpp>
#include <boost/process/extend.hpp>
#include <boost/process/io.hpp>
#include <boost/process/posix.hpp>
#include <boost/process/start_dir.hpp>
#include <cerrno>
#include <chrono>
#include <csignal>
#include <string_view>
#include <system_error>
#include <thread>
#include <utility>

#include <erlrc/base/error.hpp>
#include <erlrc/base/text.hpp>
#include <erlrc/sys/environment.hpp>
#include <erlrc/sys/file.hpp>
#include <erlrc/sys/signals.hpp>
#include <erlrc/sys/unique_fd.hpp>

namespace erlrc {
namespace {

namespace bp = boost::process;

struct Pipe {
  Pipe() {
    std::array<int, 2> ends{};
    if (::pipe2(ends.data(), O_CLOEXEC) != 0) throw SystemError("pipe", errno);
    source = UniqueFd(ends[0]);
    sink = UniqueFd(ends[1]);
  }
  UniqueFd source;
  UniqueFd sink;
};

/// Undoes set_signals(). A program that ignores SIGPIPE would keep writing to a pipe without a reader.
const auto with_default_signals = bp::extend::on_exec_setup([](auto&) {
  ::signal(SIGPIPE, SIG_DFL);
  ::signal(SIGXFSZ, SIG_DFL);
});

/// What a program starts is in its process group, and is killed with it.
const auto with_own_group = bp::extend::on_exec_setup([](auto&) { ::setpgid(0, 0); });

/// Starts a program; `options` are those of Boost.Process for its descriptors.
template <typename... Options>
bp::child start(const std::vector<std::string>& argv, Options&&... options) {
  const auto path = find_program(argv.front());
  if (!path) throw SystemError(argv.front() + ": run", ENOENT);
  std::error_code failed;
  bp::child child(bp::exe = *path, bp::args = std::vector<std::string>(argv.begin() + 1, argv.end()),
                  with_default_signals, std::forward<Options>(options)..., failed);
  if (failed) throw SystemError(argv.front() + ": run", failed.value());
  return child;
}

int wait_for_end(bp::child& child) {
  std::error_code failed;
  child.wait(failed);
  if (failed) throw SystemError("waitpid", failed.value());
  return child.exit_code();
}

/// It has closed its output, so it is about to end: as a rule within a tenth of a millisecond.
void wait_until(bp::child& child, Deadline until) {
  constexpr std::chrono::microseconds shortest{50};
  constexpr std::chrono::microseconds longest{1000};
  auto pause = shortest;
  std::error_code failed;
  while (child.running(failed)) {
    if (left_until(until) == milliseconds{0}) throw TimedOut();
    std::this_thread::sleep_for(pause);
    pause = std::min(2 * pause, longest);
  }
  if (failed) throw SystemError("waitpid", failed.value());
}

bool is_late(const Error& error) {
  return dynamic_cast<const TimedOut*>(&error) != nullptr;
}

/// What a program prints until it ends. Kills its group if it does not.
std::string output_of(bp::child& child, int source, const std::string& name, Deadline until) {
  try {
    std::string output = read_stream(source, "its output", until);
    wait_until(child, until);
    return output;
  } catch (const Error& error) {
    ::kill(-child.id(), SIGKILL);
    wait_for_end(child);
    throw Error(name + ": " + (is_late(error) ? "did not end in time" : error.what()));
  }
}

}  // namespace

std::optional<std::string> find_program(const std::string& name) {
  if (name.find('/') != std::string::npos) return name;
  const std::string path = environment("PATH").value_or("/usr/bin:/bin");
  for (const std::string_view directory : split(path, ':')) {
    const std::string file = std::string(directory.empty() ? "." : directory) + "/" + name;
    if (is_visible_file(file) && ::access(file.c_str(), X_OK) == 0) return file;
  }
  return std::nullopt;
}

bool succeeds(const std::vector<std::string>& argv, std::string& output, Deadline until) {
  Pipe pipe;
  bp::child child =
      start(argv, with_own_group,
            bp::std_in<bp::null, bp::posix::fd.bind(STDOUT_FILENO, pipe.sink.get()), bp::std_err> bp::null);
  pipe.sink = UniqueFd();
  output = output_of(child, pipe.source.get(), argv.front(), until);
  return child.exit_code() == 0;
}

bool reports(const std::vector<std::string>& argv, std::string& output, Deadline until) {
  Pipe pipe;
  bp::child child = start(argv, with_own_group, bp::env["LC_ALL"] = "C", bp::std_in < bp::null,
                          bp::posix::fd.bind(STDOUT_FILENO, pipe.sink.get()),
                          bp::posix::fd.bind(STDERR_FILENO, pipe.sink.get()));
  pipe.sink = UniqueFd();
  output = output_of(child, pipe.source.get(), argv.front(), until);
  return child.exit_code() == 0;
}

int run_with_input(const std::vector<std::string>& argv, BytesView input) {
  Pipe pipe;
  bp::child child = start(argv, bp::posix::fd.bind(STDIN_FILENO, pipe.source.get()));
  pipe.source = UniqueFd();
  try {
    write_stream(pipe.sink.get(), input, "pipe");
  } catch (const SystemError& error) {
    if (error.code != EPIPE) throw;  // it may end without reading everything
  }
  pipe.sink = UniqueFd();
  return wait_for_end(child);
}

pid_t start_helper(const std::vector<std::string>& argv, const HelperEnds& ends) {
  const int inherited = ends.inherited;
  bp::child child = start(argv, bp::posix::fd.bind(STDIN_FILENO, ends.input), bp::std_out > bp::null,
                          bp::posix::fd.bind(STDERR_FILENO, ends.messages),
                          bp::extend::on_exec_setup([inherited](auto&) { ::fcntl(inherited, F_SETFD, 0); }));
  const pid_t pid = child.id();
  child.detach();
  return pid;
}

struct PipedProgram::State {
  bp::child child;
  UniqueFd input;
  UniqueFd output;
};

PipedProgram::PipedProgram(const std::vector<std::string>& argv, Ends ends, const std::string& directory)
    : state_(std::make_unique<State>()) {
  Pipe to_child, from_child;
  state_->child = start(argv, bp::std_in < bp::null, bp::posix::fd.bind(ends.input, to_child.source.get()),
                        bp::posix::fd.bind(ends.output, from_child.sink.get()),
                        bp::start_dir = directory.empty() ? "." : directory);
  state_->input = std::move(to_child.sink);
  state_->output = std::move(from_child.source);
  forward_end_signals(state_->child.id());
}

PipedProgram::~PipedProgram() = default;

int PipedProgram::input() const {
  return state_->input.get();
}

int PipedProgram::output() const {
  return state_->output.get();
}

int PipedProgram::wait() {
  const int status = wait_for_end(state_->child);
  forward_end_signals(0);
  return status;
}

}  // namespace erlrc
