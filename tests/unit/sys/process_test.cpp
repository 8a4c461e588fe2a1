// SPDX-License-Identifier: BSD-3-Clause
#include <erlrc/sys/process.hpp>

#include <signal.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cstdint>
#include <filesystem>
#include <string>
#include <thread>
#include <vector>

#include <erlrc/base/bytes.hpp>
#include <erlrc/sys/deadline.hpp>
#include <erlrc/sys/file.hpp>

#include "catch.hpp"
#include "temp_dir.hpp"

using namespace erlrc;

namespace {

std::string cmdline(const std::vector<std::string>& arguments) {
  std::string joined;
  for (const auto& argument : arguments)
    joined += argument + '\0';
  return joined;
}

}  // namespace

TEST_CASE("a node is recognized by the name with which its emulator was started") {
  const auto short_name =
      cmdline({"/usr/lib/erlang/erts-13/bin/beam.smp", "--", "-root", "/", "-sname", "egerl"});
  CHECK(runs_as_node(short_name, "egerl", ""));
  CHECK(runs_as_node(short_name, "egerl", "anyhost"));
  CHECK_FALSE(runs_as_node(short_name, "eger", ""));
  const auto long_name = cmdline({"beam", "-name", "egerl@host.example.org", "-noinput"});
  CHECK(runs_as_node(long_name, "egerl", ""));
  CHECK(runs_as_node(long_name, "egerl", "host.example.org"));
  CHECK_FALSE(runs_as_node(long_name, "egerl", "other.example.org"));
}

TEST_CASE("a process that only mentions a node does not run as that node") {
  CHECK_FALSE(runs_as_node(cmdline({"vi", "-sname", "egerl"}), "egerl", ""));
  CHECK_FALSE(runs_as_node(cmdline({"beam.smp", "egerl", "-sname"}), "egerl", ""));
  CHECK_FALSE(runs_as_node(cmdline({"beam.smp", "-extra", "-sname", "egerl"}), "egerl", ""));
  CHECK_FALSE(runs_as_node("", "egerl", ""));
  CHECK_FALSE(runs_as_node(Bytes("\0\0", 2), "egerl", ""));
}

TEST_CASE("a process that runs as a node is found") {
  // Any program in a file named like the emulator will do; this one waits for a line that never arrives.
  const test::TempDir dir;
  const std::string emulator = dir / "beam.smp";
  std::filesystem::copy_file("/bin/sh", emulator);
  const bool is_emulator = GENERATE(true, false);
  const std::string file = is_emulator ? emulator : "/bin/sh";
  const std::string name = "erlrc_process_test_" + std::to_string(::getpid());
  const std::string real = std::filesystem::canonical(file).string();
  int input[2];
  REQUIRE(::pipe(input) == 0);
  const pid_t child = ::fork();
  if (child == 0) {
    ::dup2(input[0], 0);
    ::close(input[1]);
    ::execl(file.c_str(), "/usr/lib/erlang/bin/beam.smp", "-c", "read line", "-sname", name.c_str(), nullptr);
    ::_exit(1);
  }
  REQUIRE(child > 0);
  const Deadline until = after(milliseconds(60000));
  // The arguments appear a moment after the program: the kernel copies them last (execve in fs/binfmt_elf.c).
  const auto runs_it = [&] {
    const std::string process = "/proc/" + std::to_string(child);
    return read_link_if_readable(process + "/exe") == real && !read_file(process + "/cmdline").empty();
  };
  while (!runs_it() && left_until(until).count() > 0)
    std::this_thread::sleep_for(milliseconds(5));
  const auto own = [](uid_t user) { return user == ::getuid(); };
  const auto others = [](uid_t user) { return user != ::getuid(); };
  const std::optional<pid_t> expected = is_emulator ? std::optional(child) : std::nullopt;
  CHECK(find_node_process(name, "", own) == expected);
  CHECK(find_node_process(name, "anyhost", own) == expected);
  CHECK(find_node_process(name + "x", "", own) == std::nullopt);
  CHECK(find_node_process_with_our_root(name, "", own) == expected);
  CHECK(find_node_process(name, "", others) == std::nullopt);
  CHECK(has_root_of_host());
  ::kill(child, SIGKILL);
  ::waitpid(child, nullptr, 0);
  CHECK(find_node_process(name, "", own) == std::nullopt);
  ::close(input[0]);
  ::close(input[1]);
}

namespace {

/// Has this process, which any user can do, show so many bytes as its arguments and its environment.
bool show_arguments(std::size_t size) {
  void* const memory = ::mmap(nullptr, size, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  if (memory == MAP_FAILED) return false;
  const auto start = reinterpret_cast<std::uintptr_t>(memory);
  // All must lie in memory of the process; what else they mean does not matter here.
  prctl_mm_map map{};
  map.start_code = map.start_data = map.start_brk = map.start_stack = start;
  map.end_code = map.end_data = map.brk = start + 1;
  map.arg_start = map.env_start = start;
  map.arg_end = map.env_end = start + size - 1;
  map.exe_fd = static_cast<std::uint32_t>(-1);
  return ::prctl(PR_SET_MM, PR_SET_MM_MAP, &map, sizeof map, 0) == 0;
}

}  // namespace

TEST_CASE("a process that claims gigabytes of arguments takes no memory, and hides no other process") {
  std::array<int, 2> ends{};
  REQUIRE(::pipe(ends.data()) == 0);
  const pid_t pid = ::fork();
  if (pid == 0) {
    const char done = show_arguments(std::size_t{1} << 32) ? 'y' : 'n';
    (void)!::write(ends[1], &done, 1);
    ::pause();
    ::_exit(0);
  }
  char done = 0;
  CHECK(::read(ends[0], &done, 1) == 1);
  if (done == 'y') {  // a kernel without CONFIG_CHECKPOINT_RESTORE does not allow it
    std::size_t characters = 0;
    for (const std::string& argument : process_arguments(pid))
      characters += argument.size() + 1;
    CHECK(characters <= 128 * 1024);
    CHECK(environment_of(pid, "HOME") == std::nullopt);
    CHECK_NOTHROW(emulators());
  }
  ::kill(pid, SIGKILL);
  ::waitpid(pid, nullptr, 0);
  ::close(ends[0]);
  ::close(ends[1]);
}

TEST_CASE("a process whose caller has ended is an orphan") {
  const bool caller_ends = GENERATE(true, false);
  CHECK_FALSE(is_orphan());
  const pid_t adopter = ::fork();
  if (adopter == 0) {
    ::prctl(PR_SET_NAME, "systemd");
    ::prctl(PR_SET_CHILD_SUBREAPER, 1);
    if (::fork() == 0) {
      ::prctl(PR_SET_NAME, "caller");
      const pid_t caller = ::getpid();
      const pid_t orphan = ::fork();
      if (orphan == 0) {
        while (caller_ends && ::getppid() == caller)
          ::usleep(1000);
        ::_exit(is_orphan() ? 1 : 2);
      }
      int status = 0;
      if (!caller_ends) ::waitpid(orphan, &status, 0);
      ::_exit(caller_ends ? 0 : WEXITSTATUS(status));
    }
    int last = 0;
    for (int status = 0; ::waitpid(-1, &status, 0) > 0;)
      if (WEXITSTATUS(status) != 0) last = WEXITSTATUS(status);
    ::_exit(last);
  }
  int status = 0;
  REQUIRE(::waitpid(adopter, &status, 0) == adopter);
  CHECK(WEXITSTATUS(status) == (caller_ends ? 1 : 2));
}

TEST_CASE(
    "a socket that a process of our system has is not of another system, and one that no process has is") {
  const int fd = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  REQUIRE(fd >= 0);
  struct stat status {};
  REQUIRE(::fstat(fd, &status) == 0);
  CHECK_FALSE(are_of_other_system({status.st_ino}));
  CHECK_FALSE(are_of_other_system({1, status.st_ino}));
  ::close(fd);
  CHECK_FALSE(are_of_other_system({}));
  if (::geteuid() == 0) CHECK(are_of_other_system({status.st_ino}));
}

TEST_CASE("only systemd itself names the service of a process") {
  CHECK(service_in("0::/system.slice/egerl.service\n") == "egerl.service");
  CHECK(service_in("0::/system.slice/a:b.service\n") == "a:b.service");
  CHECK(service_in("0::/system.slice/system-erlrc.slice/erlrc@n.service/workers\n") == "erlrc@n.service");
  CHECK(service_in("4:memory:/x.service\n1:name=systemd:/system.slice/egerl.service\n") == "egerl.service");
  // A user, a container and a service that may make groups choose the names of these.
  CHECK(service_in("0::/user.slice/user-1.slice/user@1.service/app.slice/ssh.service\n") == std::nullopt);
  CHECK(service_in("0::/machine.slice/box.scope/system.slice/ssh.service\n") == std::nullopt);
  CHECK(service_in("0::/system.slice/egerl.service/ssh.service\n") == "egerl.service");
  CHECK(service_in("4:memory:/system.slice/ssh.service\n") == std::nullopt);
  CHECK(service_in("0::/\n") == std::nullopt);
}

TEST_CASE("a process is in the service that its control group names, if it is in one") {
  CHECK(service_of(::getpid()).value_or("x.service").ends_with(".service"));
  CHECK(service_of(0) == std::nullopt);
  CHECK_FALSE(start_of(::getpid()).empty());
  CHECK(start_of(0).empty());
}
