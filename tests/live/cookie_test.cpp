// SPDX-License-Identifier: BSD-3-Clause
#include <fstream>
#include <iterator>

#include <erlrc/sys/file.hpp>

#include "catch.hpp"
#include "lab.hpp"

// Tests that the cookie of a node is only in its file and in the handshake's digests: in no argument,
// environment variable, output, message or log.

using namespace erlrc;
using namespace erlrc::test;

namespace {

const std::string cookie = "TELL4NOBODY7ABOUT1ME";
const std::string other = "SOME5OTHER2SECRET8HERE";

std::string proc_file(pid_t pid, const std::string& name) {
  std::ifstream file("/proc/" + std::to_string(pid) + "/" + name, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

bool holds(const std::string& text, const std::string& secret = cookie) {
  return text.find(secret) != std::string::npos;
}

LiveNodeOptions with_cookie() {
  LiveNodeOptions options;
  options.cookie = cookie;
  return options;
}

struct Guarded {
  Lab lab{with_cookie()};

  Guarded() {
    lab.add(servers("zoo", "1.0.0", {"zoo_a"}));
    lab.add(servers("zoo", "2.0.0", {"zoo_a"}));
  }

  /// Runs it and checks its output and the node's log.
  Ran run(ToolMain program, std::vector<std::string> args) {
    const Ran ran = lab.run(program, std::move(args));
    INFO(ran);
    CHECK_FALSE(holds(ran.out + ran.err));
    CHECK_FALSE(holds(ran.out + ran.err, other));
    CHECK_FALSE(holds(lab.node().log()));
    CHECK_FALSE(holds(lab.node().log(), other));
    return ran;
  }

  std::vector<std::string> change(std::vector<std::string> options = {}) {
    options.insert(options.end(), {"zoo", "1.0.0", "2.0.0", lab.at("zoo", "1.0.0"), lab.at("zoo", "2.0.0")});
    return options;
  }
};

}  // namespace

TEST_CASE("a running program has no cookie in its arguments, environment or output") {
  Guarded with;
  Lab& lab = with.lab;
  REQUIRE(lab.start("zoo", "1.0.0").exit == 0);
  lab.ask("lab:on({code_change, zoo_a}, {wait, ok}).");
  Child program = lab.launch("upgrade", with.change({"--verbose"}));
  REQUIRE(lab.ask("lab:await_reached({code_change, zoo_a}).") == "true");
  const std::string arguments = proc_file(program.pid(), "cmdline");
  CHECK(arguments.find("2.0.0") != std::string::npos);
  CHECK_FALSE(holds(arguments));
  const std::string environment = proc_file(program.pid(), "environ");
  CHECK(environment.find("PATH=") != std::string::npos);
  CHECK_FALSE(holds(environment));
  // It has the cookie by now, so this test would find it.
  CHECK(holds(read_file(lab.dir() / ("nodes/" + lab.node().alive()))));
  lab.ask("lab:release({code_change, zoo_a}), lab:await_idle().");
  CHECK(program.ends() == 0);
  const std::string output = read_file(lab.output());
  CHECK(output.find("upgraded") != std::string::npos);
  CHECK_FALSE(holds(output));
  CHECK_FALSE(holds(lab.node().log()));
}

TEST_CASE("no output of any kind has the cookie") {
  Guarded with;
  const std::vector<std::string> start{"zoo", "1.0.0", with.lab.at("zoo", "1.0.0")};
  CHECK(with.run(start_main, start).exit == 0);
  CHECK(with.run(upgrade_main, with.change({"--dry-run"})).exit == 0);
  CHECK(with.run(upgrade_main, with.change({"--dry-run", "--json"})).exit == 0);
  with.lab.ask("lab:on({code_change, zoo_a}, crash).");
  CHECK(with.run(upgrade_main, with.change({"--verbose"})).exit == 1);
  CHECK(with.run(upgrade_main, with.change({"--json"})).exit == 1);
  with.lab.ask("lab:on({code_change, zoo_a}, ok).");
  CHECK(with.run(upgrade_main, with.change({"--json"})).exit == 0);
  CHECK(with.run(downgrade_main, with.change({"--verbose"})).exit == 0);
  CHECK(with.run(eval_main, {with.lab.node().alive(), "node()"}).exit == 0);
  CHECK(with.run(eval_main, {with.lab.node().alive(), "error(on_purpose)"}).exit == 1);
  CHECK(with.run(stop_main, start).exit == 0);
}

TEST_CASE("no error has the cookie: wrong cookie, readable file, excess line") {
  Guarded with;
  const std::string file = "nodes/" + with.lab.node().alive();
  const std::string good = read_file(with.lab.dir() / file);
  const std::vector<std::string> start{"--verbose", "zoo", "1.0.0", with.lab.at("zoo", "1.0.0")};
  std::string wrong = good;
  wrong.replace(wrong.find(cookie), cookie.size(), other);
  with.lab.dir().write(file, wrong, 0600);
  // A node in another root directory is not ours to change; the error is a remark then.
  CHECK(with.run(start_main, start).exit == (with.lab.node().has_our_root() ? 1 : 0));
  CHECK(with.run(eval_main, {with.lab.node().alive(), "node()"}).exit == 1);
  with.lab.dir().write(file, good, 0644);
  CHECK(with.run(start_main, start).exit == 1);
  with.lab.dir().write(file, good + cookie + "\n", 0600);
  CHECK(with.run(start_main, start).exit == 1);
  with.lab.dir().write(file, good + "unknown = " + cookie + "\n", 0600);
  CHECK(with.run(start_main, start).exit == 1);
  with.lab.dir().write(file, cookie + " " + cookie, 0600);
  CHECK(with.run(start_main, start).exit == 1);
  with.lab.dir().write(file, good, 0600);
  CHECK(with.run(start_main, start).exit == 0);
}
