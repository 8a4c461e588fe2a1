// SPDX-License-Identifier: BSD-3-Clause
#include "catch.hpp"

#include <sys/resource.h>
#include <unistd.h>

#include <atomic>
#include <filesystem>
#include <fstream>
#include <thread>

#include <erlrc/coordinator/execute.hpp>
#include <erlrc/sys/file.hpp>
#include <erlrc/term/match.hpp>
#include <erlrc/term/text.hpp>

#include "several.hpp"
#include "thread_stacks.hpp"

using namespace erlrc;
using namespace erlrc::test;

namespace {

/// While this exists, the process gets only so much more memory.
class LittleMemory {
public:
  explicit LittleMemory(std::size_t more) {
    std::size_t pages = 0;
    std::ifstream("/proc/self/statm") >> pages;
    REQUIRE(::getrlimit(RLIMIT_AS, &before_) == 0);
    const rlimit limit{pages * static_cast<std::size_t>(::getpagesize()) + more, before_.rlim_max};
    REQUIRE(::setrlimit(RLIMIT_AS, &limit) == 0);
  }
  LittleMemory(const LittleMemory&) = delete;
  LittleMemory& operator=(const LittleMemory&) = delete;
  ~LittleMemory() { ::setrlimit(RLIMIT_AS, &before_); }

private:
  rlimit before_{};
};

}  // namespace

TEST_CASE("several nodes commit when all are prepared") {
  Several several;
  FakeNode& b = several.add("b");
  FakeNode& a = several.add("a");
  CHECK(several.upgrade() == Ran{0,
                                 "erlrc-upgrade: Upgrading 'egerl': (a) upgraded\n"
                                 "erlrc-upgrade: Upgrading 'egerl': (b) upgraded\n",
                                 ""});
  for (const FakeNode* node : {&a, &b}) {
    CHECK(run_argument(*node, "prepare") == boolean(true));
    CHECK(node->messages() == kCommit);
  }
}

TEST_CASE("if one node fails, the prepared ones are rolled back") {
  Several several;
  FakeNode& a = several.add("a");
  FakeNode& b = several.add("b", failed("code_change crashed"));
  FakeNode& c = several.add("c");
  CHECK(several.upgrade() == Ran{1, "",
                                 "erlrc-upgrade: a: rolled_back: node b failed\n"
                                 "erlrc-upgrade: b: rolled_back: code_change crashed\n"
                                 "erlrc-upgrade: c: rolled_back: node b failed\n"});
  CHECK(a.messages() == kRollBack);
  CHECK(b.messages().empty());
  CHECK(c.messages() == kRollBack);
}

TEST_CASE("if one node cannot be called, nothing is done on the others") {
  const auto [fault, name] = GENERATE(table<Fault, std::string>(
      {{Fault::port_closed, "b"}, {Fault::wrong_proof, "b"}, {Fault::garbage, "a"}, {Fault::silent, "c"}}));
  Several several;
  FakeNode& m = several.add("m");
  several.add(name, prepared(), fault);
  const Ran ran = several.upgrade({"--timeout", fault == Fault::silent ? "5" : "60"});
  CHECK(ran.exit == 1);
  CHECK(ran.out.empty());
  CHECK(ran.err.find("erlrc-upgrade: m: refused: nothing was done, because node " + name + " failed\n") !=
        std::string::npos);
  CHECK(!was_run(m));
}

TEST_CASE("if one node refuses, nothing is done on the others") {
  Several several;
  FakeNode& a = several.add("a");
  FakeNode& b = several.add("b");
  play(b, observed({{"egerl", "3.0"}}), prepared());
  CHECK(several.upgrade() == Ran{1, "",
                                 "erlrc-upgrade: a: refused: nothing was done, because node b failed\n"
                                 "erlrc-upgrade: b: refused: version 3.0 of egerl runs, not 1.0 or 2.0\n"});
  CHECK(!was_run(a));
}

TEST_CASE("if the file of one node is refused, nothing is done on the others") {
  Several several;
  FakeNode& b = several.add("b");
  several.host.dir().write("nodes/a", cookie, 0644);
  CHECK(several.upgrade() ==
        Ran{1, "",
            "erlrc-upgrade: a: HOST/nodes/a: readable by others: chmod 0640 HOST/nodes/a\n"
            "erlrc-upgrade: b: refused: nothing was done, because node a failed\n"});
  CHECK(!was_run(b));
}

TEST_CASE(
    "the decision that all nodes commit is recorded before the first verdict, until all have answered") {
  const bool one_fails = GENERATE(false, true);
  Several several;
  const auto records = [directory = several.host.dir() / "run/commits"] {
    return directory_names(directory).value_or(std::vector<std::string>{}).size();
  };
  std::atomic<std::size_t> at_verdict = 0;
  FakeNode& a = several.add("a");
  a.on_message([&](const Term& message) {
    at_verdict = records();
    return Script{Say{is_atom(message, "commit") ? test::done() : failed("rolled back")}, Exit{}};
  });
  several.add("b", one_fails ? failed("code_change crashed") : prepared());
  CHECK(several.upgrade().exit == (one_fails ? 1 : 0));
  CHECK(a.messages() == (one_fails ? kRollBack : kCommit));
  CHECK(at_verdict == (one_fails ? 0 : 1));
  CHECK(records() == 0);
  const std::string record = as_text(run_argument(a, "commit_record")).value();
  CHECK(std::filesystem::path(record).parent_path() == several.host.dir() / "run/commits");
}

TEST_CASE("the record of a commit stays for a node that has not answered") {
  Several several;
  FakeNode& a = several.add("a");
  a.on_message([](const Term&) { return Script{CloseConnection{}}; });
  several.add("b");
  CHECK(several.upgrade().exit == 3);
  CHECK(file_status(as_text(run_argument(a, "commit_record")).value()));
}

TEST_CASE("nodes are rolled back if the decision cannot be recorded") {
  Several several;
  several.host.dir().write("run", "");
  FakeNode& a = several.add("a");
  several.add("b");
  const std::string why = "rolled_back: HOST/run: is not a directory\n";
  CHECK(several.upgrade() == Ran{1, "", "erlrc-upgrade: a: " + why + "erlrc-upgrade: b: " + why});
  CHECK(a.messages() == kRollBack);
}

TEST_CASE("a single node that has to be changed is not prepared, but upgraded at once") {
  Several several;
  FakeNode& a = several.add("a", test::done());
  several.add("b", prepared(), Fault::unregistered);
  play(several.add("c"), observed({{"egerl", "2.0"}}));
  CHECK(several.upgrade() == Ran{0,
                                 "erlrc-upgrade: Upgrading 'egerl': (a) upgraded\n"
                                 "erlrc-upgrade: Upgrading 'egerl': (b) node_down\n"
                                 "erlrc-upgrade: Upgrading 'egerl': (c) already_running\n",
                                 ""});
  CHECK(run_argument(a, "prepare") == boolean(false));
}

TEST_CASE("a node that does not report that it was rolled back is broken") {
  Several several;
  several.add("a").on_message([](const Term&) { return Script{CloseConnection{}}; });
  several.add("b", failed("code_change crashed"));
  CHECK(several.upgrade() == Ran{3, "",
                                 "erlrc-upgrade: a: broken: erlrc_runner: the node closed the connection\n"
                                 "  left: whether the change was rolled back is not known\n"
                                 "erlrc-upgrade: b: rolled_back: code_change crashed\n"});
}

TEST_CASE("a node that could not be rolled back is broken, with what is left") {
  Several several;
  several.add("a").on_message([](const Term&) {
    return Script{Say{failed("rolled back", true, {"egerl_a is the new one"})}, Exit{}};
  });
  several.add("b", failed("code_change crashed"));
  CHECK(several.upgrade() == Ran{3, "",
                                 "erlrc-upgrade: a: broken: rolled back\n"
                                 "  left: egerl_a is the new one\n"
                                 "erlrc-upgrade: b: rolled_back: code_change crashed\n"});
}

TEST_CASE("the other nodes are rolled back even after the time limit") {
  Several several;
  FakeNode& a = several.add("a");
  a.on_message([](const Term&) {
    return Script{Wait{milliseconds(300)}, Say{failed("rolled back")}, Exit{}};
  });
  several.add("b").on_start([calls = 0](const test::Call&) mutable {
    return calls++ == 0 ? Script{Say{observed({{"egerl", "1.0"}})}, Exit{}} : Script{};
  });
  CHECK(several.upgrade({"--timeout", "5"}) ==
        Ran{1, "",
            "erlrc-upgrade: a: rolled_back: node b failed\n"
            "erlrc-upgrade: b: erlrc_runner: did not answer in time\n"});
  CHECK(a.messages() == kRollBack);
}

TEST_CASE("--node chooses one of the nodes") {
  Several several;
  FakeNode& a = several.add("a");
  FakeNode& b = several.add("b", test::done());
  CHECK(several.upgrade({"--node", "b"}) == Ran{0, "erlrc-upgrade: Upgrading 'egerl': (b) upgraded\n", ""});
  CHECK(a.connections() == 0);
  CHECK(was_run(b));
  CHECK(several.upgrade({"--node", "c"}) == Ran{2, "", "erlrc-upgrade: no node 'c' in HOST/nodes\n"});
}

TEST_CASE("--node may omit the host, and no other node's file is read") {
  Several several;
  FakeNode& node = several.add("b", test::done());
  several.host.add("b@localhost", node);
  several.host.dir().write("nodes/a", "", 0600);
  std::filesystem::remove(several.host.dir() / "nodes/b");
  const std::string name = GENERATE("b", "b@localhost");
  CHECK(several.upgrade({"--node", name}) ==
        Ran{0, "erlrc-upgrade: Upgrading 'egerl': (b@localhost) upgraded\n", ""});
}

TEST_CASE("without nodes nothing is printed, but a missing directory of nodes is an error") {
  const Host host;
  CHECK(host.run(start_main, {"egerl", "1.0"}) == Ran{0, "", ""});
  std::filesystem::remove(host.dir() / "nodes");
  CHECK(host.run(start_main, {"egerl", "1.0"}) == Ran{2, "", "erlrc-start: HOST/nodes: no such directory\n"});
}

TEST_CASE("a node that does not answer does not delay the others") {
  const auto [silent, quick] = GENERATE(table<std::string, std::string>({{"a", "b"}, {"b", "a"}}));
  Several several;
  several.add(silent, prepared(), Fault::silent);
  std::atomic<Deadline> asked = Deadline::max();
  several.add(quick).on_start([&asked](const test::Call&) {
    asked = after(milliseconds(0));
    return Script{Say{observed({{"egerl", "2.0"}})}, Exit{}};
  });
  const Ran ran = several.upgrade({"--timeout", "3"});
  CHECK(ran.exit == 1);
  CHECK(ran.out == "erlrc-upgrade: Upgrading 'egerl': (" + quick + ") already_running\n");
  CHECK(ran.err.find("erlrc-upgrade: " + silent + ": ") == 0);
  CHECK(after(milliseconds(0)) - asked.load() > milliseconds(1500));
}

TEST_CASE("an epmd is asked once for all its nodes") {
  Several several;
  FakeNode& b = several.add("b");
  FakeNodeOptions options = good("a");
  options.others = {{"b", b.port()}};
  FakeNode& a = several.nodes.emplace_back(options);
  play(a, observed({{"egerl", "1.0"}}), prepared());
  several.host.add("a", a);
  several.host.dir().write("nodes/b",
                           "cookie = " + cookie + "\nepmd_port = " + std::to_string(a.epmd_port()) + "\n");
  CHECK(several.upgrade().exit == 0);
  CHECK(was_run(a));
  CHECK(was_run(b));
  CHECK(a.questions() == std::vector<std::string>{""});
  CHECK(b.questions().empty());
}

TEST_CASE("a hundred nodes are called in parallel") {
  Several several;
  // Each node waits with its answer until all have been called, which would not happen one after the other.
  std::atomic<int> asked = 0;
  for (int i = 100; i < 200; ++i) {
    const std::string name = "n" + std::to_string(i);
    several.add(name, test::done()).on_start([&asked](const test::Call&) {
      ++asked;
      const Deadline until = after(milliseconds(20000));
      while (asked < 100 && left_until(until).count() > 0)
        std::this_thread::sleep_for(milliseconds(1));
      return Script{Say{observed({{"egerl", "2.0"}})}, Exit{}};
    });
  }
  const Ran ran = several.upgrade();
  CHECK(ran.exit == 0);
  CHECK(std::count(ran.out.begin(), ran.out.end(), '\n') == 100);
}

TEST_CASE("an exception of any kind in one node's visit is that node's error, and stops no other visit") {
#ifndef __SANITIZE_ADDRESS__  // which ends the process where there is no memory
  Several several;
  const std::filesystem::path host = several.host.dir().path();
  // The new version on node a has a file that there is no memory for, not even in the arena of a thread:
  // reading it throws std::bad_alloc.
  std::filesystem::create_directories(host / "a");
  std::filesystem::create_directory_symlink(host / "egerl-1.0", host / "a/egerl-1.0");
  std::filesystem::copy(host / "egerl-2.0", host / "a/egerl-2.0", std::filesystem::copy_options::recursive);
  std::filesystem::resize_file(host / "a/egerl-2.0/ebin/plain.beam", largest_file);
  const std::vector<std::string> nodes{"a", "b", "c"};
  const bool each_alone = GENERATE(true, false);
  for (const std::string& name : nodes)
    play(several.add(name), observed({{"egerl", "1.0"}}, name == "a" ? host / "a" : host),
         each_alone ? test::done() : prepared());

  const Request upgrade{Atom{"egerl"}, Request::Change{Direction::up, {"1.0", {}}, {"2.0", {}}}};
  std::vector<NodeReport> reports;
  {
    const LittleMemory memory(std::size_t{48} << 20);
    reports = execute(upgrade, load_site(), {.until = after(milliseconds(60000)), .each_alone = each_alone});
  }
  REQUIRE(reports.size() == 3);
  CHECK(std::holds_alternative<Undecided>(reports[0].outcome.result));
  CHECK(reports[0].outcome.why() == "planning: out of memory");
  for (std::size_t i : {1, 2}) {
    CHECK(reports[i].outcome.is_done() == each_alone);
    CHECK(reports[i].outcome.why() == (each_alone ? "" : "nothing was done, because node a failed"));
  }
#endif
}

TEST_CASE("if no thread can be created, the nodes are called one after the other") {
  Several several;
  FakeNode& a = several.add("a");
  FakeNode& b = several.add("b");
  const ThreadStacks none(ThreadStacks::impossible);
  CHECK(several.upgrade() == Ran{0,
                                 "erlrc-upgrade: Upgrading 'egerl': (a) upgraded\n"
                                 "erlrc-upgrade: Upgrading 'egerl': (b) upgraded\n",
                                 ""});
  CHECK(a.messages() == kCommit);
  CHECK(b.messages() == kCommit);
}

TEST_CASE(
    "a node that is lost while the others are called one after the other is noticed before the verdict") {
  Several several;
  FakeNode& a = several.add("a");
  a.on_start([calls = 0](const test::Call&) mutable {
    if (calls++ == 0) return Script{Say{observed({{"egerl", "1.0"}})}, Exit{}};
    return Script{Say{prepared()}, CloseConnection{}};
  });
  FakeNode& b = several.add("b");
  b.on_start([&a, calls = 0](const test::Call&) mutable {
    if (calls++ == 0) return Script{Say{observed({{"egerl", "1.0"}})}, Exit{}};
    const Deadline until = after(milliseconds(60000));
    while (a.open_connections() > 0 && left_until(until).count() > 0)
      std::this_thread::sleep_for(milliseconds(1));
    return Script{Say{prepared()}};
  });
  const ThreadStacks none(ThreadStacks::impossible);
  CHECK(several.upgrade() == Ran{1, "",
                                 "erlrc-upgrade: a: erlrc_runner: the node closed the connection\n"
                                 "erlrc-upgrade: b: rolled_back: node a failed\n"});
  CHECK(b.messages() == kRollBack);
}
