// SPDX-License-Identifier: BSD-3-Clause
// The main function of every program. ERLRC_MAIN is the function that it is; ERLRC_PRINTS, whether its output
// is what it is called for: then it has failed if that cannot be written. One that has changed nodes has not.
#include <csignal>
#include <cstdio>
#include <string>
#include <vector>

#include <erlrc/tools/programs.hpp>

int main(int argc, char** argv) {
  // Whoever reads our output may go away; that must not end a program that is at work on nodes.
  std::signal(SIGPIPE, SIG_IGN);
  const std::vector<std::string> args(argv + (argc > 0 ? 1 : 0), argv + argc);
  erlrc::Streams streams;
  const int code = erlrc::ERLRC_MAIN(args, streams);
  std::fwrite(streams.err.data(), 1, streams.err.size(), stderr);
  std::fwrite(streams.out.data(), 1, streams.out.size(), stdout);
  const bool lost = std::fflush(stdout) != 0;
  return code == 0 && lost && ERLRC_PRINTS ? 1 : code;
}
