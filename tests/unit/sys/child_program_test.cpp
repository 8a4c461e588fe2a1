// SPDX-License-Identifier: BSD-3-Clause
#include <erlrc/sys/child_program.hpp>

#include <csignal>
#include <thread>

#include <erlrc/base/error.hpp>
#include <erlrc/base/text.hpp>
#include <erlrc/sys/environment.hpp>
#include <erlrc/sys/file.hpp>
#include <erlrc/sys/signals.hpp>

#include "catch.hpp"
#include "temp_dir.hpp"

using namespace erlrc;

namespace {

Deadline soon() {
  return after(std::chrono::minutes(2));
}

}  // namespace

TEST_CASE("a program is found on PATH") {
  CHECK(find_program("sh").value_or("").ends_with("/sh"));
  CHECK(find_program("/any/path") == "/any/path");
  CHECK_FALSE(find_program("no-such-program-of-erlrc"));
}

TEST_CASE("the output of a program is what it prints, and its exit status decides") {
  std::string output;
  CHECK(succeeds({"sh", "-c", "cat; echo out; echo err >&2"}, output, soon()));
  CHECK(output == "out\n");
  CHECK_FALSE(succeeds({"sh", "-c", "echo out; exit 1"}, output, soon()));
  CHECK(output == "out\n");
  CHECK_FALSE(succeeds({"sh", "-c", "kill -9 $$"}, output, soon()));
}

TEST_CASE("what a program reports has its messages, in English") {
  std::string output;
  CHECK_FALSE(reports({"sh", "-c", "echo out; echo $LC_ALL >&2; echo $HOME; cat; exit 1"}, output, soon()));
  CHECK(output == "out\nC\n" + environment("HOME").value_or("") + "\n");
  CHECK(reports({"true"}, output, soon()));
  CHECK(output.empty());
}

TEST_CASE("a program that does not exist is an error") {
  std::string output;
  CHECK_THROWS_WITH(succeeds({"no-such-program-of-erlrc"}, output, soon()),
                    "no-such-program-of-erlrc: run: No such file or directory");
  CHECK_THROWS_AS(succeeds({"/no/such/program"}, output, soon()), SystemError);
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

TEST_CASE("a program with pipes runs in the directory that it is given, else in ours") {
  const auto directory_of = [](const std::string& directory) {
    PipedProgram program({"bash", "-c", "pwd >&14"}, {13, 14}, directory);
    const Bytes text = read_stream(program.output(), "pipe");
    CHECK(program.wait() == 0);
    return text;
  };
  CHECK(directory_of("/usr") == "/usr\n");
  CHECK(directory_of("") == std::filesystem::current_path().string() + "\n");
}

TEST_CASE("a broken pipe ends a program, although we ignore it") {
  set_signals();
  std::string output;
  CHECK(succeeds({"sh", "-c", "kill -PIPE $$; echo ignored"}, output, soon()) == false);
  CHECK(output.empty());
}

TEST_CASE("a program that does not end in time is killed") {
  const test::TempDir dir;
  const std::string file = (dir / "pid").string();
  // Once with its output open, once closed.
  const std::string script = "echo $$ >" + file + "; " + GENERATE("", "exec >&-; ") + "exec sleep 1000";
  std::string output;
  CHECK_THROWS_WITH(succeeds({"sh", "-c", script}, output, after(milliseconds(300))),
                    "sh: did not end in time");
  const auto pid = parse_number<pid_t>(trim(read_file_if_exists(file).value_or("0")));
  CHECK((!pid || *pid == 0 || ::kill(*pid, 0) != 0));
}

TEST_CASE("the programs that a late one has started are killed with it") {
  const test::TempDir dir;
  const std::string file = (dir / "pid").string();
  const std::string script = "sh -c 'echo $$ >" + file + "; exec sleep 1000' | cat";
  std::string output;
  CHECK_THROWS_WITH(succeeds({"sh", "-c", script}, output, after(milliseconds(300))),
                    "sh: did not end in time");
  const std::string pid(trim(read_file_if_exists(file).value_or("none")));
  // It is not our child, so an empty entry may stay until its new parent has waited for it.
  const auto runs = [&] { return !read_file_if_exists("/proc/" + pid + "/cmdline").value_or("").empty(); };
  const Deadline until = after(milliseconds(10'000));
  while (runs() && left_until(until) > milliseconds{0})
    std::this_thread::sleep_for(milliseconds(10));
  CHECK_FALSE(runs());
}
