// SPDX-License-Identifier: BSD-3-Clause
#include "catch.hpp"

#include "dpkg_host.hpp"

// Tests what each call of dpkg's hooks does to the nodes.

using namespace erlrc;
using namespace erlrc::test;

namespace {

const std::string continues = "erlrc-hook: pkg: dpkg continues, since the failure has changed no node\n";

}  // namespace

TEST_CASE("a new package's applications are started, with one line for what changed") {
  const Upgrade dpkg(observed({}));
  CHECK(dpkg.hook("postinst", {"configure", ""}) ==
        Ran{0, "erlrc-start: Starting 'egerl': (n1) started\n", ""});
}

TEST_CASE("the hook prints nothing if nothing changes") {
  const Upgrade dpkg(observed({{"egerl", "1.0"}}));
  CHECK(dpkg.hook("postinst", {"configure", "0.9"}) == Ran{0, "", ""});
  CHECK(dpkg.node.calls().size() == 1);
}

TEST_CASE("a setting that cannot be read is a warning, and the default is used") {
  const Upgrade dpkg(observed({}));
  {
    const ScopedEnvironment timeout("ERLRC_TIMEOUT", "soon");
    CHECK(dpkg.hook("postinst", {"configure", ""}) ==
          Ran{0, "erlrc-start: Starting 'egerl': (n1) started\n",
              "erlrc-hook: warning: ERLRC_TIMEOUT: expected a positive number of seconds, got 'soon'; it "
              "is ignored\n"});
  }
  const ScopedEnvironment port("ERL_EPMD_PORT", "many");
  CHECK(dpkg.hook("postinst", {"configure", ""}) ==
        Ran{0, "erlrc-start: Starting 'egerl': (n1) started\n",
            "erlrc-hook: warning: ERL_EPMD_PORT: expected a number from 1 to 65535, got 'many'; it is "
            "ignored\n"});
}

TEST_CASE("the hook prints nothing about nodes that are down") {
  const Dpkg dpkg;
  const FakeNode node(good("n1", Fault::unregistered));
  dpkg.host.add("n1", node);
  dpkg.installed(dpkg.line("egerl", "1.0"));
  CHECK(dpkg.hook("postinst", {"configure", ""}) == Ran{0, "", ""});
  CHECK(dpkg.hook("prerm", {"remove"}) == Ran{0, "", ""});
}

TEST_CASE("the old postrm upgrades the node") {
  Upgrade dpkg(observed({{"egerl", "1.0"}}));
  CHECK(dpkg.hook("postrm", {"upgrade", "2.0"}) ==
        Ran{0, "erlrc-upgrade: Upgrading 'egerl': (n1) upgraded\n", ""});
  CHECK(dpkg.recorded());
  play(dpkg.node, observed({{"egerl", "2.0"}}));
  dpkg.installed(dpkg.line("egerl", "2.0"));
  CHECK(dpkg.hook("postinst", {"configure", "1.0"}) == Ran{0, "", ""});
  CHECK(!dpkg.recorded());
}

TEST_CASE(
    "a package without hooks is adopted: its files are backed up, and the postinst upgrades with them") {
  Upgrade dpkg(observed({{"egerl", "1.0"}}));
  std::filesystem::remove(dpkg.host.dir() / "dpkg/info/pkg.erlrc");
  dpkg.host.dir().write("dpkg/info/pkg.list",
                        "/.\n" + (dpkg.host.dir() / "egerl-1.0/ebin/egerl.app").string() + "\n");
  CHECK(dpkg.hook("preinst", {"upgrade", "1.0", "2.0"}) == Ran{0, "", ""});
  CHECK(std::filesystem::exists(dpkg.host.dir() / "state/backups/pkg/egerl/plain.beam"));
  std::filesystem::remove_all(dpkg.host.dir() / "egerl-1.0");
  dpkg.installed(dpkg.line("egerl", "2.0"));
  SECTION("the upgrade succeeds") {
    // The start then finds that the new version runs.
    dpkg.node.answer({observed({{"egerl", "1.0"}}), test::done(), observed({{"egerl", "2.0"}})});
    CHECK(dpkg.hook("postinst", {"configure", "1.0"}) ==
          Ran{0, "erlrc-upgrade: Upgrading 'egerl': (n1) upgraded\n", ""});
    CHECK(!std::filesystem::exists(dpkg.host.dir() / "state/backups/pkg"));
  }
  SECTION("the upgrade fails, and the backup stays for the next time") {
    dpkg.node.answer(
        {observed({{"egerl", "1.0"}}), failed("code_change crashed"), observed({{"egerl", "1.0"}})});
    CHECK(dpkg.hook("postinst", {"configure", "1.0"}) ==
          Ran{0,
              "erlrc-start: Starting 'egerl': (n1) restart_due\n"
              "  remark: still running egerl 1.0\n",
              "erlrc-upgrade: n1: rolled_back: code_change crashed\n"});
    CHECK(std::filesystem::exists(dpkg.host.dir() / "state/backups/pkg"));
  }
}

TEST_CASE("if the new version has no hooks, the old postrm upgrades to it and never fails") {
  Upgrade dpkg(observed({{"egerl", "1.0"}}));
  std::filesystem::remove(dpkg.host.dir() / "dpkg/tmp.ci/erlrc");
  SECTION("the new version is in a directory next to the old one") {
    dpkg.node.answer({observed({{"egerl", "1.0"}}), test::done(), observed({{"egerl", "2.0"}})});
    CHECK(dpkg.hook("postrm", {"upgrade", "2.0"}) ==
          Ran{0, "erlrc-upgrade: Upgrading 'egerl': (n1) upgraded\n", ""});
  }
  SECTION("the new version is not found") {
    std::filesystem::remove_all(dpkg.host.dir() / "egerl-2.0");
    CHECK(dpkg.hook("postrm", {"upgrade", "2.0"}) ==
          Ran{0, "",
              "erlrc-hook: pkg: the new version has no hooks: nodes that run egerl 1.0 keep running it until "
              "they "
              "are restarted\n"});
  }
}

TEST_CASE("the new postrm upgrades if the old one was killed") {
  const Upgrade dpkg(observed({{"egerl", "1.0"}}));
  CHECK(dpkg.hook("postrm", {"failed-upgrade", "1.0", "2.0"}) ==
        Ran{0, "erlrc-upgrade: Upgrading 'egerl': (n1) upgraded\n", ""});
}

TEST_CASE("the old preinst rolls back the upgrade, and does not fail if it cannot") {
  Upgrade dpkg(observed({{"egerl", "2.0"}}));
  CHECK(dpkg.hook("preinst", {"abort-upgrade", "2.0"}) ==
        Ran{0, "erlrc-downgrade: Downgrading 'egerl': (n1) downgraded\n", ""});
  play(dpkg.node, observed({{"egerl", "3.0"}}));
  CHECK(dpkg.hook("preinst", {"abort-upgrade", "2.0"}) ==
        Ran{0, "", "erlrc-downgrade: n1: refused: version 3.0 of egerl runs, not 2.0 or 1.0\n"});
}

TEST_CASE("a removal stops the application") {
  const Upgrade dpkg(observed({{"egerl", "1.0"}}));
  CHECK(dpkg.hook("prerm", {"remove"}) == Ran{0, "erlrc-stop: Stopping 'egerl': (n1) unloaded\n", ""});
}

TEST_CASE("the control member of a package of several architectures is found") {
  const Upgrade dpkg(observed({{"egerl", "1.0"}}));
  std::filesystem::remove(dpkg.host.dir() / "dpkg/info/pkg.erlrc");
  const ScopedEnvironment arch("DPKG_MAINTSCRIPT_ARCH", "amd64");
  dpkg.installed(dpkg.line("egerl", "1.0"), "pkg:amd64");
  CHECK(dpkg.hook("prerm", {"remove"}) == Ran{0, "erlrc-stop: Stopping 'egerl': (n1) unloaded\n", ""});
}

TEST_CASE("if an application of a package fails, those upgraded before it are rolled back") {
  const Dpkg dpkg;
  FakeNode node(good("n1"));
  dpkg.host.add("n1", node);
  dpkg.installed(dpkg.line("eglib", "1.0") + dpkg.line("egerl", "1.0"));
  dpkg.unpacking(dpkg.line("eglib", "2.0") + dpkg.line("egerl", "2.0"));
  // Two calls for eglib, to observe and to run; two for egerl, which fails; two more for eglib.
  node.answer({observed({{"eglib", "1.0"}, {"egerl", "1.0"}}), test::done(),
               observed({{"eglib", "2.0"}, {"egerl", "1.0"}}), failed("code_change crashed"),
               observed({{"eglib", "2.0"}, {"egerl", "1.0"}}), test::done()});
  CHECK(dpkg.hook("postrm", {"upgrade", "2.0"}) ==
        Ran{1,
            "erlrc-upgrade: Upgrading 'eglib': (n1) upgraded\n"
            "erlrc-downgrade: Downgrading 'eglib': (n1) downgraded\n",
            refusal + "erlrc-upgrade: n1: rolled_back: code_change crashed\n" + way_out});
  CHECK(node.calls().size() == 6);
}

TEST_CASE("only nodes that were changed are rolled back, and a failure of that is broken") {
  const Dpkg dpkg;
  FakeNode changed(good("n1"));
  FakeNode other(good("n2"));
  dpkg.host.add("n1", changed);
  dpkg.host.add("n2", other);
  dpkg.installed(dpkg.line("eglib", "1.0") + dpkg.line("egerl", "1.0"));
  dpkg.unpacking(dpkg.line("eglib", "2.0") + dpkg.line("egerl", "2.0"));
  changed.answer({observed({{"eglib", "1.0"}, {"egerl", "2.0"}}), test::done(),
                  observed({{"eglib", "2.0"}, {"egerl", "2.0"}}), observed({{"eglib", "7.0"}})});
  other.answer({observed({{"eglib", "2.0"}, {"egerl", "1.0"}}),
                observed({{"eglib", "2.0"}, {"egerl", "1.0"}}), failed("code_change crashed")});
  CHECK(dpkg.hook("postrm", {"upgrade", "2.0"}) ==
        Ran{3, "erlrc-upgrade: Upgrading 'eglib': (n1) upgraded\n",
            refusal +
                "erlrc-upgrade: n2: rolled_back: code_change crashed\n"
                "erlrc-downgrade: n1: refused: version 7.0 of eglib runs, not 2.0 or 1.0\n" +
                way_out});
  CHECK(changed.calls().size() == 4);
  CHECK(other.calls().size() == 3);
}

TEST_CASE("a node that cannot be called fails the upgrade, and no other call") {
  const Dpkg dpkg;
  dpkg.host.dir().write("nodes/n1", cookie, 0644);
  dpkg.installed(dpkg.line("egerl", "1.0"));
  dpkg.unpacking(dpkg.line("egerl", "2.0"));
  const std::string bad = ": n1: HOST/nodes/n1: readable by others: chmod 0640 HOST/nodes/n1\n";
  CHECK(dpkg.hook("postrm", {"upgrade", "2.0"}) == Ran{1, "", refusal + "erlrc-upgrade" + bad + way_out});
  CHECK(dpkg.hook("postrm", {"failed-upgrade", "1.0", "2.0"}).exit == 1);
  CHECK(dpkg.hook("preinst", {"abort-upgrade", "2.0"}) == Ran{0, "", ""});
  CHECK(dpkg.hook("postrm", {"abort-upgrade", "1.0", "2.0"}) == Ran{0, "", ""});
  CHECK(dpkg.hook("postinst", {"abort-upgrade", "2.0"}) == Ran{0, "", ""});
  CHECK(!dpkg.recorded());
  CHECK(dpkg.hook("postinst", {"configure", ""}) == Ran{0, "", "erlrc-start" + bad + continues});
  CHECK(dpkg.hook("prerm", {"remove"}) == Ran{0, "", "erlrc-stop" + bad + continues});
  // It is neither tried nor reported twice.
  CHECK(dpkg.hook("postrm", {"remove"}) == Ran{0, "", ""});
}

TEST_CASE("bad input of the hook is reported in one line") {
  const Upgrade dpkg(observed({}));
  CHECK(dpkg.host.run(hook_main, {"pacman", "postinst"}) ==
        Ran{2, "", "erlrc-hook: 'pacman': no such package manager, expected dpkg or rpm\n"});
  CHECK(dpkg.host.run(hook_main, {"rpm", "postinst"}) ==
        Ran{2, "", "erlrc-hook: 'postinst': expected begin, end, recover, pre, preun or posttrans\n"});
  CHECK(dpkg.host.run(hook_main, {"rpm", "preun", "pkg"}) ==
        Ran{2, "", "erlrc-hook: expected NAME EVR COUNT\n"});
  CHECK(dpkg.host.run(hook_main, {"rpm", "end", "pkg"}) ==
        Ran{2, "", "erlrc-hook: end: expected no argument\n"});
  CHECK(dpkg.hook("config", {}) ==
        Ran{2, "", "erlrc-hook: 'config': expected preinst, postinst, prerm or postrm\n"});
  dpkg.installed("egerl\n");
  CHECK(dpkg.hook("postinst", {"configure"}) == Ran{1, "",
                                                    "erlrc-hook: HOST/dpkg/info/pkg.erlrc:1:1: found fewer "
                                                    "than three words, expected `APP VSN EBIN`\n" +
                                                        way_out});
  {
    const ScopedEnvironment package("DPKG_MAINTSCRIPT_PACKAGE", "../../etc");
    CHECK(
        dpkg.hook("postinst", {"configure"}) ==
        Ran{2, "", "erlrc-hook: DPKG_MAINTSCRIPT_PACKAGE: '../../etc' cannot be part of a package's name\n"});
  }
  {
    const ScopedEnvironment package("DPKG_MAINTSCRIPT_PACKAGE", nullptr);
    CHECK(dpkg.hook("postinst", {"configure"}) ==
          Ran{2, "", "erlrc-hook: DPKG_MAINTSCRIPT_PACKAGE is not set: only dpkg's scripts may call this\n"});
  }
  CHECK(dpkg.node.connections() == 0);
}
