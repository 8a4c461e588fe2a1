// SPDX-License-Identifier: BSD-3-Clause
#include "catch.hpp"

#include <erlrc/site/dpkg.hpp>

#include "dpkg_host.hpp"

// Tests which nodes and applications dpkg's hooks leave alone: as the package, the entry of a node or the
// administrator wants, or because they belong to another system.

using namespace erlrc;
using namespace erlrc::test;

TEST_CASE("an application that should not run is upgraded if it runs, but not started") {
  const Upgrade dpkg(observed({{"egerl", "1.0"}}));
  std::filesystem::remove(dpkg.host.dir() / "applications/egerl");
  CHECK(dpkg.hook("postinst", {"configure", ""}) == Ran{0, "", ""});
  CHECK(dpkg.hook("postrm", {"upgrade", "2.0"}) ==
        Ran{0, "erlrc-upgrade: Upgrading 'egerl': (n1) upgraded\n", ""});

  const Upgrade idle(observed({}));
  std::filesystem::remove(idle.host.dir() / "applications/egerl");
  CHECK(idle.hook("postrm", {"upgrade", "2.0"}) == Ran{0, "", ""});
  CHECK(!was_run(idle.node));
}

TEST_CASE("a package with the policy restart or leave does not change nodes") {
  const Upgrade dpkg(observed({{"egerl", "1.0"}}));
  const std::string policy = GENERATE("policy = restart\n", "policy = leave\n");
  dpkg.unpacking(policy + dpkg.line("egerl", "2.0"));
  CHECK(dpkg.hook("postrm", {"upgrade", "2.0"}) == Ran{0, "", ""});
  dpkg.installed(policy + dpkg.line("egerl", "1.0"));
  CHECK(dpkg.hook("prerm", {"remove"}) == Ran{0, "", ""});
  CHECK(!was_run(dpkg.node));
}

TEST_CASE("a package that the preflight of the same APT skips is not upgraded, and a restart is due") {
  const Upgrade dpkg(observed({{"egerl", "1.0"}}));
  const ProcessId apt = calling_apt();
  dpkg.host.dir().write("run/leave", std::to_string(apt.pid) + " " + apt.start + "\npkg\n");
  CHECK(dpkg.hook("postrm", {"upgrade", "2.0"}) ==
        Ran{0, "",
            "erlrc-hook: pkg: skipped until the nodes are restarted: "
            "preflight is leave, and no node can do its "
            "upgrade\n"});
  dpkg.installed(dpkg.line("egerl", "2.0"));
  CHECK(dpkg.hook("postinst", {"configure", "1.0"}) == Ran{0,
                                                           "erlrc-start: Starting 'egerl': (n1) restart_due\n"
                                                           "  remark: still running egerl 1.0\n",
                                                           ""});
  CHECK(!was_run(dpkg.node));
  CHECK(!dpkg.recorded());
}

TEST_CASE("a package that the preflight of another APT skipped is upgraded") {
  const Upgrade dpkg(observed({{"egerl", "1.0"}}));
  dpkg.host.dir().write("run/leave", "77777 1\npkg\n");
  CHECK(dpkg.hook("postrm", {"upgrade", "2.0"}) ==
        Ran{0, "erlrc-upgrade: Upgrading 'egerl': (n1) upgraded\n", ""});
  CHECK(!std::filesystem::exists(dpkg.host.dir() / "run/leave"));
}

TEST_CASE("a package that names its nodes changes only those") {
  const Upgrade dpkg(observed({{"egerl", "1.0"}}));
  const FakeNode other(good("n2"));
  dpkg.host.add("n2", other);
  dpkg.host.dir().write("nodes/n3 bad", "");
  const std::string nodes = GENERATE("nodes = n1\n", "nodes = n4 n1@anywhere\n");
  dpkg.installed(nodes + dpkg.line("egerl", "1.0"));
  CHECK(dpkg.hook("prerm", {"remove"}) == Ran{0, "erlrc-stop: Stopping 'egerl': (n1) unloaded\n", ""});
  CHECK(other.connections() == 0);
  dpkg.installed("nodes =\n" + dpkg.line("egerl", "1.0"));
  CHECK(dpkg.hook("prerm", {"remove"}) == Ran{0, "", ""});
}

TEST_CASE("on a machine without registered nodes nothing is done and nothing is read") {
  const Dpkg dpkg;
  dpkg.installed("not a control member");
  CHECK(dpkg.hook("postinst", {"configure", ""}) == Ran{0, "", ""});
  std::filesystem::remove(dpkg.host.dir() / "nodes");
  CHECK(dpkg.hook("postinst", {"configure", ""}) == Ran{0, "", ""});
}

TEST_CASE("packages in another system do not change nodes") {
  const Upgrade dpkg(observed({}));
  const ScopedEnvironment root("DPKG_ROOT", "/mnt/target");
  CHECK(dpkg.hook("postinst", {"configure", ""}) == Ran{0, "", ""});
  CHECK(dpkg.node.connections() == 0);
}

TEST_CASE("a package without a control member does not change nodes") {
  const Upgrade dpkg(observed({}));
  std::filesystem::remove_all(dpkg.host.dir() / "dpkg");
  CHECK(dpkg.hook("postinst", {"configure", ""}) == Ran{0, "", ""});
  CHECK(dpkg.node.connections() == 0);
}

TEST_CASE("the hooks of a run leave all nodes alone if the administrator wants that") {
  const Upgrade dpkg(observed({{"egerl", "1.0"}}));
  const ProcessId apt = calling_apt();
  const bool by_apt = GENERATE(true, false);
  if (by_apt)
    dpkg.host.dir().write("run/apt-settings", std::to_string(apt.pid) + " " + apt.start + "\nhooks off\n");
  const ScopedEnvironment off("ERLRC_HOOKS", by_apt ? nullptr : "off");
  CHECK(dpkg.hook("postrm", {"upgrade", "2.0"}) == Ran{0, "", ""});
  CHECK(dpkg.hook("prerm", {"remove"}) == Ran{0, "", ""});
  CHECK(dpkg.node.connections() == 0);
}

TEST_CASE("an application is started only where the entry of the node lets packages do so") {
  const auto [rule, started] = GENERATE(table<std::string, bool>(
      {{"all", true}, {"running", false}, {"none", false}, {"egerl", true}, {"eglib", false}}));
  const Upgrade dpkg(observed({{"other", "1.0"}}));
  dpkg.host.dir().write("nodes/n1", "cookie = " + cookie + "\nepmd_port = " +
                                        std::to_string(dpkg.node.epmd_port()) + "\nstart = " + rule + "\n");
  CHECK(dpkg.hook("postinst", {"configure", ""}) ==
        Ran{0, started ? "erlrc-start: Starting 'egerl': (n1) started\n" : "", ""});
  CHECK(dpkg.hook("postrm", {"upgrade", "2.0"}).exit == 0);
  CHECK(was_run(dpkg.node) == started);
}

TEST_CASE("what runs is upgraded and stopped with every entry, and a later package may start it again") {
  Upgrade dpkg(observed({{"egerl", "1.0"}}));
  const std::string rule = GENERATE("running", "none");
  dpkg.host.dir().write("nodes/n1", "cookie = " + cookie + "\nepmd_port = " +
                                        std::to_string(dpkg.node.epmd_port()) + "\nstart = " + rule + "\n");
  CHECK(dpkg.hook("postrm", {"upgrade", "2.0"}).out == "erlrc-upgrade: Upgrading 'egerl': (n1) upgraded\n");
  CHECK(dpkg.hook("prerm", {"remove"}).out == "erlrc-stop: Stopping 'egerl': (n1) unloaded\n");
  play(dpkg.node, observed({}));
  const std::string started = "erlrc-start: Starting 'egerl': (n1) started\n";
  CHECK(dpkg.hook("postinst", {"configure", ""}).out == (rule == "running" ? started : ""));
  CHECK(dpkg.hook("postinst", {"configure", ""}).out.empty());
}

TEST_CASE("a package that stays installed for another architecture keeps its applications running") {
  const Upgrade dpkg(observed({{"egerl", "1.0"}}));
  std::filesystem::remove(dpkg.host.dir() / "dpkg/info/pkg.erlrc");
  const ScopedEnvironment arch("DPKG_MAINTSCRIPT_ARCH", "amd64");
  dpkg.installed(dpkg.line("egerl", "1.0"), "pkg:amd64");
  dpkg.installed(dpkg.line("egerl", "1.0"), "pkg:i386");
  CHECK(dpkg.hook("prerm", {"remove"}) == Ran{0, "", ""});
  CHECK(!was_run(dpkg.node));
}

TEST_CASE("a node whose own Erlang was replaced is skipped, and a restart is due") {
  Upgrade dpkg(observed({{"egerl", "1.0"}, {"kernel", "8.0"}}));
  dpkg.installed(dpkg.line("egerl", "2.0"));
  dpkg.node.answer({observed({{"kernel", "8.0"}}, "/")});
  CHECK(dpkg.hook("postinst", {"configure", ""}) ==
        Ran{0,
            "erlrc-start: Starting 'egerl': (n1) restart_due\n"
            "  remark: the Erlang that it runs was replaced: /kernel-8.0 is gone\n",
            ""});
  CHECK(!was_run(dpkg.node));
}
