// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <sys/types.h>

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <erlrc/base/bytes.hpp>
#include <erlrc/sys/deadline.hpp>

// Other programs. All of them are run here, by Boost.Process. `argv[0]` is a path, or a name that is looked
// up in PATH. Each function throws SystemError if the program cannot be started.

namespace erlrc {

/// The path of a program on PATH; nullopt if there is no such program.
std::optional<std::string> find_program(const std::string& name);

/// Runs a program until it ends; `output` gets what it prints. Its input is empty, its messages are dropped.
/// Returns whether it succeeded. Kills it, with the programs that it has started, and throws Error if it does
/// not end until `until`, or prints more than the largest file that we read.
[[nodiscard]] bool succeeds(const std::vector<std::string>& argv, std::string& output, Deadline until);

/// The same for a program whose messages are asked for as well: they are part of `output`, in English.
[[nodiscard]] bool reports(const std::vector<std::string>& argv, std::string& output, Deadline until);

/// Runs a program until it ends, with this input and our own output. Returns its exit status, or the number
/// of the signal that ended it.
int run_with_input(const std::vector<std::string>& argv, BytesView input);

/// The descriptors of a program that runs next to us.
struct HelperEnds {
  int input;      ///< its standard input, which may be a socket
  int messages;   ///< its standard error
  int inherited;  ///< keeps its number
};

/// Starts a program. Returns its process id; the caller waits for its end.
pid_t start_helper(const std::vector<std::string>& argv, const HelperEnds& ends);

/// A program that runs as our child, with a pipe in each direction. While it runs, SIGINT, SIGTERM and SIGHUP
/// that we get are sent to it as SIGTERM; there can be only one at a time. Its standard input is empty.
class PipedProgram {
public:
  /// The descriptors of the pipes in the child.
  struct Ends {
    int input;
    int output;
  };

  /// The program runs in `directory`; empty: in ours.
  PipedProgram(const std::vector<std::string>& argv, Ends ends, const std::string& directory = "");
  ~PipedProgram();
  PipedProgram(const PipedProgram&) = delete;
  PipedProgram& operator=(const PipedProgram&) = delete;

  int input() const;   ///< our end of the pipe that it reads
  int output() const;  ///< our end of the pipe that it writes

  /// Waits until it ends. Returns its exit status, or the number of the signal that ended it.
  int wait();

private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace erlrc
