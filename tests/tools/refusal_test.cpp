// SPDX-License-Identifier: BSD-3-Clause
#include "catch.hpp"

#include <algorithm>

#include <erlrc/term/match.hpp>
#include <erlrc/term/text.hpp>

#include "dpkg_host.hpp"

// What follows if a node refuses an upgrade: the setting on_refusal of erlrc.conf(5).

using namespace erlrc;
using namespace erlrc::test;

namespace {

const std::string left_line =
    "erlrc-hook: pkg: node n1 keeps running the old code until its restart; see on_refusal in "
    "erlrc.conf(5)\n";

std::string restart_due(const std::string& why) {
  return "erlrc-upgrade: Upgrading 'egerl': (n1) restart_due\n  remark: " + why + "\n";
}

void conf(const Dpkg& dpkg, const std::string& text) {
  dpkg.host.dir().write("erlrc.conf", text);
}

}  // namespace

TEST_CASE("a node that refuses may be left as it is, and dpkg continues") {
  const Upgrade dpkg(observed({{"egerl", "1.0"}}), failed("no way", false));
  conf(dpkg, GENERATE("on_refusal = leave\n", "[node n1]\non_refusal = leave\n",
                      "on_refusal = refuse\n[package pkg]\non_refusal = leave\n"));
  CHECK(dpkg.hook("postrm", {"upgrade", "2.0"}) == Ran{0, restart_due("no way"), left_line});
  dpkg.installed(dpkg.line("egerl", "2.0"));
  const int connections = dpkg.node.connections();
  CHECK(dpkg.hook("postinst", {"configure", "1.0"}) == Ran{0, "", ""});
  CHECK(dpkg.node.connections() == connections);
}

TEST_CASE(
    "a node that failed and was rolled back may be left as it is, and so may one that cannot be asked") {
  SECTION("rolled back") {
    const Upgrade dpkg(observed({{"egerl", "1.0"}}), failed("crashed"));
    conf(dpkg, "on_refusal = leave\n");
    CHECK(dpkg.hook("postrm", {"upgrade", "2.0"}) == Ran{0, restart_due("crashed"), left_line});
  }
  SECTION("a wrong cookie") {
    const Upgrade dpkg(observed({{"egerl", "1.0"}}));
    dpkg.host.dir().write("nodes/n1",
                          "cookie = OTHER\nepmd_port = " + std::to_string(dpkg.node.epmd_port()) + "\n");
    conf(dpkg, "on_refusal = leave\n");
    const Ran ran = dpkg.hook("postrm", {"upgrade", "2.0"});
    CHECK(ran.exit == 0);
    CHECK_THAT(ran.out, Catch::Contains("restart_due\n  remark: "));
    CHECK(ran.err == left_line);
  }
}

TEST_CASE("with Erlrc::Preflight=leave, what turns out later is left, too, unless on_refusal is set") {
  const Upgrade dpkg(observed({{"egerl", "1.0"}}), failed("crashed"));
  const ProcessId apt = calling_apt();
  const auto of_apt = [&](const std::string& settings) {
    dpkg.host.dir().write("run/apt-settings", std::to_string(apt.pid) + " " + apt.start + "\n" + settings);
  };
  const auto exits = [&] { return dpkg.hook("postrm", {"upgrade", "2.0"}).exit; };
  SECTION("by APT") {
    of_apt("preflight leave\n");
    CHECK(dpkg.hook("postrm", {"upgrade", "2.0"}) == Ran{0, restart_due("crashed"), left_line});
  }
  SECTION("by the file") {
    conf(dpkg, "preflight = leave\n");
    CHECK(exits() == 0);
  }
  SECTION("but on_refusal is set") {
    of_apt("preflight leave\non_refusal refuse\n");
    CHECK(exits() == 1);
  }
  SECTION("but on_refusal is set for the package") {
    of_apt("preflight leave\n");
    conf(dpkg, "[package pkg]\non_refusal = refuse\n");
    CHECK(exits() == 1);
  }
  SECTION("with another value it is refused") {
    of_apt("preflight refuse\n");
    CHECK(exits() == 1);
  }
}

TEST_CASE("a node that could not be rolled back is a failure, whatever follows a refusal") {
  const Upgrade dpkg(observed({{"egerl", "1.0"}}), failed("crashed", true, {"a module"}));
  conf(dpkg, "on_refusal = leave\n");
  CHECK(dpkg.hook("postrm", {"upgrade", "2.0"}).exit == 3);
}

TEST_CASE("the other nodes are upgraded, and a setting of another node or package does not count") {
  const Upgrade dpkg(observed({{"egerl", "1.0"}}), failed("no way", false));
  FakeNode other(good("n2"));
  dpkg.host.add("n2", other);
  play(other, observed({{"egerl", "1.0"}}), prepared());
  SECTION("upgraded") {
    conf(dpkg, "[node n1]\non_refusal = leave\n");
    const Ran ran = dpkg.hook("postrm", {"upgrade", "2.0"});
    CHECK(ran ==
          Ran{0, restart_due("no way") + "erlrc-upgrade: Upgrading 'egerl': (n2) upgraded\n", left_line});
  }
  SECTION("refused") {
    conf(dpkg, "[node n2]\non_refusal = leave\n[package other]\non_refusal = leave\n");
    CHECK(dpkg.hook("postrm", {"upgrade", "2.0"}).exit == 1);
  }
}

TEST_CASE("a silent node that may be left does not take the time that the others need for their plans") {
  const Upgrade dpkg(observed({{"egerl", "1.0"}}));
  const FakeNode silent(good("n2", Fault::silent));
  dpkg.host.add("n2", silent);
  conf(dpkg, "timeout = 4\n[node n2]\non_refusal = leave\n");
  const ScopedEnvironment timeout("ERLRC_TIMEOUT", nullptr);
  const Ran ran = dpkg.hook("postrm", {"upgrade", "2.0"});
  INFO(ran);
  CHECK(ran.exit == 0);
  CHECK_THAT(ran.out, Catch::Contains("(n1) upgraded\n"));
  CHECK_THAT(ran.err, Catch::Contains("node n2 keeps running the old code until its restart"));
}

TEST_CASE("on a node that is left, what was upgraded before in the same set is rolled back") {
  Upgrade dpkg(observed({{"egerl", "1.0"}, {"eglib", "1.0"}}));
  dpkg.installed(dpkg.line("eglib", "1.0") + dpkg.line("egerl", "1.0"));
  dpkg.unpacking(dpkg.line("eglib", "2.0") + dpkg.line("egerl", "2.0"));
  conf(dpkg, "on_refusal = leave\n");
  std::vector<std::string> apps;
  dpkg.node.on_start([&](const Call& call) {
    if (lookup(call.argument, "steps") == nullptr) {
      // After the first run, eglib is 2.0.
      const std::string lib = apps.size() == 1 || apps.size() == 2 ? "2.0" : "1.0";
      return Script{Say{observed({{"egerl", "1.0"}, {"eglib", lib}})}, Exit{}};
    }
    apps.push_back("run");
    return Script{Say{apps.size() == 2 ? failed("no way", false) : done()}, Exit{}};
  });
  const Ran ran = dpkg.hook("postrm", {"upgrade", "2.0"});
  CHECK(ran.exit == 0);
  CHECK(apps.size() == 3);
  CHECK(ran.err == left_line);
  CHECK_THAT(ran.out, Catch::Contains("erlrc-upgrade: Upgrading 'eglib': (n1) upgraded\n") &&
                          Catch::Contains("erlrc-downgrade: Downgrading 'eglib': (n1) downgraded\n"));
}

TEST_CASE("packages and nodes whose hooks are off are left alone") {
  const Upgrade dpkg(observed({{"egerl", "1.0"}}));
  conf(dpkg, GENERATE("hooks = off\n", "[package pkg]\nhooks = off\n", "[node n1]\nhooks = off\n"));
  CHECK(dpkg.hook("postrm", {"upgrade", "2.0"}) == Ran{0, "", ""});
  CHECK(dpkg.node.connections() == 0);
}

TEST_CASE("a bad line of erlrc.conf is one warning in a run, and fails nothing") {
  const Upgrade dpkg(observed({{"egerl", "1.0"}}));
  conf(dpkg, "\ntimeout = soon\n");
  const ScopedEnvironment timeout("ERLRC_TIMEOUT", nullptr);
  CHECK(dpkg.hook("postrm", {"upgrade", "2.0"}) == Ran{0, "erlrc-upgrade: Upgrading 'egerl': (n1) upgraded\n",
                                                       "erlrc-hook: warning: HOST/erlrc.conf:2:11: timeout: "
                                                       "expected a positive number of seconds, got 'soon'; "
                                                       "it is ignored\n"});
  dpkg.unpacking("");
  CHECK(dpkg.hook("prerm", {"upgrade", "2.0"}) == Ran{0, "", ""});
}

TEST_CASE("the policy of upgrades is that of erlrc.conf") {
  const Upgrade dpkg(observed({{"egerl", "1.0"}}));
  conf(dpkg, "purge = kill\n");
  CHECK(dpkg.hook("postrm", {"upgrade", "2.0"}).exit == 0);
  CHECK(print_term(run_argument(dpkg.node, "steps")).find("kill") != std::string::npos);
}

namespace {

/// A failure of a conversion, after processes were suspended for 5 ms.
Term crashed() {
  Term end = failed("code_change crashed");
  std::get<Tuple>(end.value).elements[6] = Term(5000);
  return end;
}

const std::string why_again = "code_change crashed (on ";

bool refuses_again(const Ran& ran) {
  return ran.err.find("erlrc-upgrade: n1: refused: " + why_again) != std::string::npos &&
         ran.err.find(
             "erlrc-hook: pkg: `apt-mark hold pkg` keeps the version that is installed; `apt-get -o "
             "Erlrc::Retry=on` tries again\n") != std::string::npos;
}

}  // namespace

TEST_CASE("what a node has rolled back is refused at once while nothing changes") {
  Upgrade dpkg(observed({{"egerl", "1.0"}}), crashed());
  CHECK(dpkg.hook("postrm", {"upgrade", "2.0"}).exit == 1);
  REQUIRE(was_run(dpkg.node));
  dpkg.hook("preinst", {"abort-upgrade", "2.0"});
  dpkg.hook("postinst", {"abort-upgrade", "2.0"});
  const auto runs = [&] { return std::ranges::count_if(dpkg.node.calls(), is_runner); };
  REQUIRE(runs() == 1);
  const auto again = [&] {
    const Ran ran = dpkg.hook("postrm", {"upgrade", "2.0"});
    dpkg.hook("preinst", {"abort-upgrade", "2.0"});
    dpkg.hook("postinst", {"abort-upgrade", "2.0"});
    return ran;
  };
  SECTION("with a reason that only root can read, as it may contain the state of a process") {
    const auto status = std::filesystem::status(dpkg.host.dir() / "state/refused/n1/egerl");
    CHECK(status.permissions() == (std::filesystem::perms::owner_read | std::filesystem::perms::owner_write));
  }
  SECTION("refused") {
    const Ran ran = again();
    CHECK(ran.exit == 1);
    CHECK(refuses_again(ran));
    CHECK(runs() == 1);
  }
  SECTION("left, if it may be") {
    conf(dpkg, "on_refusal = leave\n");
    CHECK(dpkg.hook("postrm", {"upgrade", "2.0"}).exit == 0);
    CHECK(runs() == 1);
  }
  SECTION("tried again on request") {
    conf(dpkg, "retry = on\n");
    CHECK_FALSE(refuses_again(again()));
    CHECK(runs() == 2);
  }
  SECTION("tried again with other code") {
    dpkg.host.add_app("egerl", "2.0", {"plain", "server"});
    CHECK_FALSE(refuses_again(again()));
    CHECK(runs() == 2);
  }
  SECTION("tried again with another policy") {
    conf(dpkg, "stranded = report\n");
    CHECK_FALSE(refuses_again(again()));
    CHECK(runs() == 2);
  }
  SECTION("forgotten once it has worked") {
    play(dpkg.node, observed({{"egerl", "1.0"}}));
    conf(dpkg, "retry = on\n");
    CHECK(dpkg.hook("postrm", {"upgrade", "2.0"}).exit == 0);
    CHECK_FALSE(std::filesystem::exists(dpkg.host.dir() / "state/refused/n1/egerl"));
  }
}

TEST_CASE("a refusal that has suspended nothing is not remembered") {
  const Upgrade dpkg(observed({{"egerl", "1.0"}}),
                     GENERATE(failed("processes in old code", false), failed("not loaded", true)));
  CHECK(dpkg.hook("postrm", {"upgrade", "2.0"}).exit == 1);
  CHECK_FALSE(std::filesystem::exists(dpkg.host.dir() / "state/refused"));
}
