// SPDX-License-Identifier: BSD-3-Clause
// Tests erlrc-boot as the parent of a node.
#include "catch.hpp"

#include <csignal>
#include <regex>
#include <thread>

#include <erlrc/node/connect.hpp>
#include <erlrc/sys/deadline.hpp>
#include <erlrc/sys/file.hpp>

#include "boot_host.hpp"
#include "paths.hpp"

using namespace erlrc;
using namespace erlrc::test;

namespace {

constexpr auto patience = std::chrono::seconds(180);
const std::string cookie = "fore_ground";

/// A run of erlrc-boot on a host.
class Foreground {
public:
  Foreground(const BootHost& host, std::vector<std::string> options, bool says_exit = false,
             const std::string& boot_file = "start_sasl")
      : host_(host), log_(host.dir() / "log") {
    static int nodes = 0;
    name_ = "fore" + std::to_string(::getpid()) + "_" + std::to_string(++nodes);
    host.dir().write("root/nodes/" + name_,
                     "cookie = " + cookie + "\nepmd_port = " + std::to_string(boot_epmd().port()) + "\n",
                     0600);
    std::vector<std::string> words;
    if (says_exit) words = {"sh", "-c", "\"$@\" & echo $! >\"$HOME/pid\"; wait $!; echo exit $?", "sh"};
    words.push_back(built_program("boot"));
    words.insert(words.end(), options.begin(), options.end());
    words.insert(words.end(),
                 {name_, "--", "-kernel", "inet_dist_use_interface", "{127,0,0,1}", "-boot", boot_file});
    const auto more = host.arguments();
    words.insert(words.end(), more.begin() + 2, more.end());
    child_ = Child(words,
                   {"ERLRC_ROOT=" + host.root(), "HOME=" + host.dir().path().string(),
                    "ERL_EPMD_PORT=" + std::to_string(boot_epmd().port()), "ERL_EPMD_ADDRESS=127.0.0.1",
                    "ERL_CRASH_DUMP_BYTES=0"},
                   log_);
  }

  /// Ends the program, which must not outlive the shell, and with it the node.
  ~Foreground() {
    const auto pid = read_file_if_exists(host_.dir() / "pid");
    if (pid && log().find("exit ") == std::string::npos) ::kill(std::stoi(*pid), SIGKILL);
  }

  /// The output, as soon as it contains `text`, without parts that differ from run to run.
  std::string log_with(const std::string& text) {
    const Deadline until = after(patience);
    while (log().find(text) == std::string::npos && left_until(until).count() > 0)
      std::this_thread::sleep_for(milliseconds(20));
    return log();
  }

  /// Whether the node answers to its registered cookie.
  bool node_is_up() const {
    try {
      return connect({{name_, std::nullopt}, Cookie(cookie), std::nullopt, boot_epmd().port()},
                     after(patience)) != nullptr;
    } catch (const Error&) {
      return false;
    }
  }

  bool goes_down() const {
    const Deadline until = after(patience);
    while (node_is_up())
      if (left_until(until).count() == 0) return false;
    return true;
  }

  Child& child() { return child_; }

private:
  std::string log() const {
    std::string text = host_.neutral(read_file(log_));
    text = std::regex_replace(text, std::regex(name_), "NODE");
    return std::regex_replace(text, std::regex("[0-9.]+ ms"), "T ms");
  }

  const BootHost& host_;
  std::filesystem::path log_;
  std::string name_;
  Child child_;
};

}  // namespace

TEST_CASE("a node in the foreground reports what it starts and what it does not") {
  BootHost host;
  host.app("a", "b")
      .app("b", "", "{after_event, {begins, c}}")
      .app("c", "", "{after_event, {ends, a}}")
      .app("bad", "c", "{fails, no}");
  host.app("user", "bad").want("a user");
  Foreground run(host, {}, true);
  const std::string log = run.log_with("applications started");
  for (const std::string line :
       {"erlrc-boot: (NODE) b 1 started in T ms, in parallel with c\n",
        "erlrc-boot: (NODE) a 1 started in T ms, in parallel with c\n",
        "erlrc-boot: (NODE) c 1 started in T ms, in parallel with b, a\n",
        "erlrc-boot: (NODE) bad: start: {no,{boots,start,[normal,{bad,{fails,no}}]}}\n",
        "erlrc-boot: (NODE) user needs bad\n", "erlrc-boot: (NODE) 3 of 5 applications started\n"}) {
    CAPTURE(line, log);
    CHECK(log.find(line) != std::string::npos);
  }
}

TEST_CASE("with --sequential applications start one by one") {
  BootHost host;
  host.app("a", "", "{sleeps, 300}").app("b", "", "{sleeps, 300}").want("a b");
  Foreground run(host, {"--sequential"});
  const std::string log = run.log_with("applications started");
  CAPTURE(log);
  CHECK(log.find("erlrc-boot: (NODE) a 1 started in T ms\nerlrc-boot: (NODE) b 1 started in T ms\n"
                 "erlrc-boot: (NODE) 2 of 2 applications started\n") != std::string::npos);
}

TEST_CASE("a node in the foreground has the cookie of its entry, and ends in order on a signal") {
  BootHost host;
  host.app("a").want("a");
  Foreground run(host, {});
  CHECK(run.log_with("1 of 1 applications started").find("a 1 started in T ms\n") != std::string::npos);
  CHECK(run.node_is_up());
  run.child().signal(SIGTERM);
  CHECK(run.goes_down());
  const Deadline until = after(patience);
  while (run.child().runs() && left_until(until).count() > 0)
    std::this_thread::sleep_for(milliseconds(20));
  CHECK_FALSE(run.child().runs());
}

TEST_CASE("a node does not outlive the program that keeps it in the foreground") {
  BootHost host;
  host.app("a").want("a");
  Foreground run(host, {});
  run.log_with("applications started");
  REQUIRE(run.node_is_up());
  run.child().kill();
  CHECK(run.goes_down());
}

TEST_CASE("applications that will not start are in the graph, and on standard error") {
  BootHost host;
  host.app("a").want("a").write("applications/a.app", "");
  Foreground run(host, {"--graph"}, true);
  const std::string problem =
      "a: HOST/root/applications/a.app:1:1: found no term, expected {application, a, Changes}";
  CHECK(run.log_with("exit ") ==
        "erlrc-boot: " + problem +
            "\ndigraph boot {\n  rankdir=LR;\n  node [shape=box];\n  \"a\" [label=\"a\\n" + problem +
            "\", color=red, fontcolor=red];\n}\nexit 1\n");
}

TEST_CASE("the order is drawn by Graphviz") {
  BootHost host;
  host.app("a", "b").app("b").want("a");
  const std::string format = GENERATE("svg", "png", "dot");
  const std::filesystem::path file = host.dir() / ("boot." + format);
  Foreground run(host, {"--graph", "--output", file.string()}, true);
  CHECK(run.log_with("exit ") == "exit 0\n");
  const std::string head = format == "svg" ? "<?xml" : format == "png" ? "\x89PNG" : "digraph boot {";
  CHECK(read_file(file).substr(0, head.size()) == head);
}

TEST_CASE("a node that does not start is reported with its exit status") {
  BootHost host;
  Foreground run(host, {}, true, "no_such_boot_file");
  const std::string log = run.log_with("exit 1");
  CAPTURE(log);
  CHECK(log.find("erlrc-boot: NODE: the node exited with status 1 before its applications were started\n"
                 "exit 1\n") != std::string::npos);
}
