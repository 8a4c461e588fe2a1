// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <cstdlib>
#include <filesystem>
#include <string>
#include <vector>

#include <erlrc/term/etf.hpp>

#include "catch.hpp"
#include "golden.hpp"
#include "paths.hpp"

// Escripts of the tests, run by the erl in PATH.

namespace erlrc::test {

/// Runs the escript of that path in the sources.
inline void run_escript(const std::string& script, const std::vector<std::filesystem::path>& arguments) {
  std::string command = "escript '" + in_source(script) + "'";
  for (const std::filesystem::path& each : arguments)
    command += " '" + each.string() + "'";
  INFO(command);
  REQUIRE(std::system(command.c_str()) == 0);
}

/// The answer of an escript, an encoded term, which it writes to a file: its last argument.
inline Term answer_of(const std::string& script, const std::vector<std::filesystem::path>& arguments) {
  run_escript(script, arguments);
  return decode_term(read_file(arguments.back()));
}

}  // namespace erlrc::test
