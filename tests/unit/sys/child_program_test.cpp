// SPDX-License-Identifier: BSD-3-Clause
#include <erlrc/sys/child_program.hpp>

#include <erlrc/base/error.hpp>
#include <erlrc/sys/file.hpp>

#include "catch.hpp"
#include "temp_dir.hpp"

using namespace erlrc;

TEST_CASE("a program is found on PATH") {
  CHECK(find_program("sh").value_or("").ends_with("/sh"));
  CHECK(find_program("/any/path") == "/any/path");
  CHECK_FALSE(find_program("no-such-program-of-erlrc"));
}

TEST_CASE("the output of a program is what it prints, and its exit status decides") {
  std::string output;
  CHECK(succeeds({"sh", "-c", "cat; echo out; echo err >&2"}, output));
  CHECK(output == "out\n");
  CHECK_FALSE(succeeds({"sh", "-c", "echo out; exit 1"}, output));
  CHECK(output == "out\n");
  CHECK_FALSE(succeeds({"sh", "-c", "kill -9 $$"}, output));
}

TEST_CASE("a program that does not exist is an error") {
  std::string output;
  CHECK_THROWS_WITH(succeeds({"no-such-program-of-erlrc"}, output),
                    "no-such-program-of-erlrc: run: No such file or directory");
  CHECK_THROWS_AS(succeeds({"/no/such/program"}, output), SystemError);
}

TEST_CASE("a program reads its input and reports its exit status") {
  const test::TempDir dir;
  const auto file = dir.path() / "copy";
  CHECK(run_with_input({"sh", "-c", "cat >" + file.string() + "; exit 3"}, "text") == 3);
  CHECK(read_file(file) == "text");
}

TEST_CASE("a program with pipes answers on its own descriptors") {
  PipedProgram program({"bash", "-c", "read line <&13; echo got $line >&14; exit 4"}, {13, 14});
  write_stream(program.input(), "it\n", "pipe");
  CHECK(read_stream(program.output(), "pipe") == "got it\n");
  CHECK(program.wait() == 4);
}
