// SPDX-License-Identifier: BSD-3-Clause
// The main function of every program. ERLRC_MAIN is the function of the program. ERLRC_PRINTS: whether
// printing is the program's purpose; then a write error fails it. A program that has changed nodes does not
// fail then.
#include <cstdio>
#include <string>
#include <vector>

#include <erlrc/sys/signals.hpp>
#include <erlrc/sys/standard_streams.hpp>
#include <erlrc/tools/mains.hpp>

int main(int argc, char** argv) {
  erlrc::open_standard_streams();
  erlrc::set_signals();
  const std::vector<std::string> args(argv + (argc > 0 ? 1 : 0), argv + argc);
  erlrc::Streams streams;
  const int code = erlrc::ERLRC_MAIN(args, streams);
  std::fwrite(streams.err.data(), 1, streams.err.size(), stderr);
  std::fwrite(streams.out.data(), 1, streams.out.size(), stdout);
  const bool lost = std::fflush(stdout) != 0;
  return code == 0 && lost && ERLRC_PRINTS ? 1 : code;
}
