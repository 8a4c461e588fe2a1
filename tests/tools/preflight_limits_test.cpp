// SPDX-License-Identifier: BSD-3-Clause
#include <erlrc/site/dpkg.hpp>
#include <erlrc/sys/file.hpp>

#include "apt_host.hpp"
#include "catch.hpp"

// Tests which changes erlrc-apt-preflight reports as none: as the package, the entry of a node or the
// administrator wants, or because a node runs something else or belongs to another system.

using namespace erlrc;
using namespace erlrc::test;

TEST_CASE("a start that the entry of the node does not want is reported, and refused if so configured") {
  const Node apt(test::done(), {{"eglib", "1.0"}});
  const std::string rule = GENERATE("running", "none", "eglib");
  apt.host.dir().write("nodes/n1", "cookie = " + cookie + "\nepmd_port = " +
                                       std::to_string(apt.node.epmd_port()) + "\nstart = " + rule + "\n");
  const std::string actions = "egerl - - none < 2.0 all none " + apt.archive("egerl") + "\n";
  const std::string table =
      kHead +
      "  application old new node how         changed modules why\n"
      "  egerl       -   2.0 n1   not started -               the node's entry: start = " +
      rule + "\n";
  CHECK(apt.run(actions) == Ran{0, table, ""});
  CHECK(
      apt.run(actions, kRefuse) ==
      Ran{1, table,
          "erlrc-apt-preflight: refused, and nothing has been changed: 1 application would be installed and "
          "not started, as the entries of nodes say" +
              kWayOut});
  CHECK(apt.run(Apt::upgrade("eglib", apt.archive("eglib")), kRefuse).exit == 0);
  CHECK(apt.run(Apt::upgrade("egerl", apt.archive("egerl")), kRefuse) == Ran{0, "", ""});
}

TEST_CASE("what a running application will need is started, also where only that may be") {
  const Node apt(test::done(), {{"eglib", "1.0"}});
  apt.host.dir().write("nodes/n1", "cookie = " + cookie + "\nepmd_port = " +
                                       std::to_string(apt.node.epmd_port()) + "\nstart = running\n");
  const std::string actions = "egerl - - none < 2.0 all none " + apt.archive("egerl") + "\n" +
                              Apt::upgrade("eglib", apt.archive("eglib", "", "egerl"));
  CHECK_THAT(apt.run(actions).out, Catch::Contains("egerl       -   2.0 n1   start"));
}

TEST_CASE("with the hooks off for a run of APT, nodes are not even asked") {
  const Node apt;
  const ScopedEnvironment run_dir("ERLRC_RUN", (apt.host.dir() / "run").c_str());
  const std::string actions = Apt::upgrade("egerl", apt.archive("egerl"));
  const ProcessId caller = calling_apt();
  CHECK(apt.run(actions, "Erlrc::Hooks=off\n") ==
        Ran{0, "erlrc: the hooks are off: running nodes are left alone\n", ""});
  CHECK(apt.node.connections() == 0);
  CHECK(read_file(apt.host.dir() / "run/apt-settings") ==
        std::to_string(caller.pid) + " " + caller.start + "\nhooks off\n");
  CHECK(apt.run(actions, "Erlrc::Hooks=on\n") == Ran{0, kHot, ""});
  CHECK(apt.run(actions, "Erlrc::Hooks=maybe\n").err ==
        "erlrc-apt-preflight: warning: Erlrc::Hooks: 'maybe': expected on or off; it is ignored\n");
}

TEST_CASE("an application that its package does not desire is not started") {
  const Node apt(test::done(), {{"eglib", "1.0"}});
  const std::string actions =
      "egerl - - none < 2.0 all none " + apt.archive("egerl", "", "", "# nothing\n") + "\n";
  CHECK(apt.run(actions) == Ran{0, "", ""});
  apt.host.dir().write("applications/egerl", "");
  CHECK_THAT(apt.run(actions).out, Catch::Contains("egerl       -   2.0 n1   start"));
}

TEST_CASE("a package that opts out is reported as unmanaged, and never refused") {
  const Node apt(failed("must not be run"));
  const auto [policy, row] = GENERATE(table<std::string, std::string>({
      {"restart", "  egerl       1.0 2.0 n1   restart -               its package restarts its service\n"},
      {"leave", "  egerl       1.0 2.0 n1   skipped -               as configured by its package\n"},
  }));
  const std::string actions =
      Apt::upgrade("egerl", apt.archive("egerl", "", "", "policy = " + policy + "\n"));
  apt.host.dir().write("dpkg/info/egerl.erlrc", "policy = " + policy + "\n" + apt.member("egerl", "1.0"));
  const std::string how = "  application old new node how     changed modules why\n";
  CHECK(apt.run(actions, kRefuse) == Ran{0, kHead + how + row, ""});
  CHECK(!was_run(apt.node));
}

TEST_CASE("dependents of the new version of a skipped package wait with it") {
  const Node apt;
  const std::string policy = "policy = leave\n";
  apt.host.dir().write("dpkg/info/eglib.erlrc", policy + apt.member("eglib", "1.0"));
  const auto [needs, row] = GENERATE(table<std::string, std::string>({
      {"Depends: eglib (>= 2.0)\n",
       "skipped -               egerl 2.0 needs eglib (>= 2.0), and eglib is 1.0\n"},
      {"Depends: eglib (>= 1.0)\n", "hot     1: plain\n"},
      {"Breaks: eglib (<< 2.0)\n",
       "skipped -               egerl 2.0 breaks eglib (<< 2.0), and eglib is 1.0\n"},
  }));
  const std::string actions = Apt::upgrade("egerl", apt.archive("egerl", "", "", "", needs)) +
                              Apt::upgrade("eglib", apt.archive("eglib", "", "", policy));
  CHECK(apt.run(actions, kRefuse) ==
        Ran{0,
            kHead +
                "  application old new node how     changed modules why\n"
                "  eglib       1.0 2.0 n1   skipped -               as configured by its package\n"
                "  egerl       1.0 2.0 n1   " +
                row,
            ""});
}

TEST_CASE("a node that runs a version other than the package's keeps running it") {
  const Node apt(test::done(), {{"egerl", "0.9"}, {"eglib", "1.0"}});
  CHECK(apt.run(Apt::upgrade("egerl", apt.archive("egerl")), kRefuse) ==
        Ran{0,
            kHead + "  application old new node how     changed modules why\n"
                    "  egerl       1.0 2.0 n1   skipped -               version 0.9 of egerl runs, not 1.0 "
                    "or 2.0\n",
            ""});
}

TEST_CASE("a package that names its nodes affects no other node") {
  const Node apt;
  const std::string nodes = GENERATE("n2", "n1@elsewhere", "n1 n2");
  apt.host.dir().write("dpkg/info/egerl.erlrc", "nodes = " + nodes + "\n" + apt.member("egerl", "1.0"));
  const Ran printed = apt.run(Apt::upgrade("egerl", apt.archive("egerl")));
  CHECK(printed == Ran{0, nodes == "n2" ? "" : kHot, ""});
}

TEST_CASE("without running nodes nothing is printed, and no archive is read") {
  const Apt apt;
  apt.installed("egerl");
  const std::string actions = Apt::upgrade("egerl", "/nowhere/egerl.deb");
  SECTION("no node is registered") {}
  SECTION("the node is down") {
    const FakeNode node(good("n1", Fault::unregistered));
    apt.host.add("n1", node);
    CHECK(apt.run(actions, kRefuse) == Ran{0, "", ""});
  }
  SECTION("there is no directory for nodes") {
    std::filesystem::remove_all(apt.host.dir() / "nodes");
  }
  CHECK(apt.run(actions, kRefuse) == Ran{0, "", ""});
}

TEST_CASE("transactions in another system, and those with the policy off, are ignored") {
  const Node apt;
  const std::string actions = Apt::upgrade("egerl", apt.archive("egerl"));
  const std::string config =
      GENERATE("Erlrc::Preflight=off\n", "RootDir=/mnt\n", "dir=/mnt/\n", "DPkg::Chroot-Directory=/mnt\n");
  CHECK(apt.run(actions, config) == Ran{0, "", ""});
  CHECK(apt.node.connections() == 0);
}

TEST_CASE("a node of another system is not part of the forecast, and a note has the reason") {
  Apt apt;
  FakeNodeOptions options = good("n1");
  options.sees_our_files = false;
  FakeNode node(options);
  apt.host.add("n1", node);
  play(node, observed({{"egerl", "1.0"}}), failed("must not be asked", false));
  apt.installed("egerl");
  const Ran ran = apt.run(Apt::upgrade("egerl", apt.archive("egerl")), kRefuse);
  CHECK(ran == Ran{0,
                   "erlrc: node n1 is skipped, as it belongs to another system: HOST is another file there\n",
                   ""});
  CHECK(!was_run(node));
}

TEST_CASE("a node that sees the old files but not the new ones will refuse") {
  Apt apt;
  FakeNodeOptions options = good("n1");
  options.hidden = apt.host.dir().path().string();
  FakeNode node(options);
  apt.host.add("n1", node);
  play(node, observed({{"egerl", "1.0"}}));
  apt.installed("egerl");
  const Ran ran = apt.run(Apt::upgrade("egerl", apt.archive("egerl")));
  CHECK(ran.exit == 0);
  CHECK(ran.out.find("n1   refused") != std::string::npos);
  CHECK(ran.out.find("the node does not see HOST\n") != std::string::npos);
}
