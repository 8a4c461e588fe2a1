// SPDX-License-Identifier: BSD-3-Clause
#include <erlrc/site/dpkg.hpp>
#include <erlrc/sys/file.hpp>

#include "apt_host.hpp"
#include "catch.hpp"
#include "paths.hpp"

// Tests what erlrc-apt-preflight reports of a transaction, and what it refuses.

using namespace erlrc;
using namespace erlrc::test;
using Names = std::vector<std::string>;

TEST_CASE("a possible upgrade is reported, and the node is only observed") {
  const Node apt;
  CHECK(apt.run(Apt::upgrade("egerl", apt.archive("egerl"))) == Ran{0, kHot, ""});
  CHECK(steps_run(apt.node) == Names{"require_loaded", "back_up_code", "check_old_code", "check_stranded"});
}

TEST_CASE("a possible upgrade is not refused") {
  const Node apt;
  CHECK(apt.run(Apt::upgrade("egerl", apt.archive("egerl")), kRefuse) == Ran{0, kHot, ""});
}

TEST_CASE("an upgrade that the node refuses is reported, and refused if so configured") {
  const Node apt(failed("processes in old code", false));
  const std::string actions = Apt::upgrade("egerl", apt.archive("egerl"));
  const std::string table = kHead +
                            "  application old new node how     changed modules why\n"
                            "  egerl       1.0 2.0 n1   refused 1: plain        processes in old code\n";
  CHECK(apt.run(actions) == Ran{0, table, ""});
  CHECK(
      apt.run(actions, kRefuse) ==
      Ran{1, table,
          "erlrc-apt-preflight: refused, and nothing has been changed: 1 of 1 change to running nodes cannot "
          "be done" +
              kWayOut});
}

TEST_CASE("an upgrade that needs a restart is reported with its dependents") {
  const Node apt;
  const std::string appup = R"({"2.0", [{<<".*">>, [restart_new_emulator]}], []}.)";
  const std::string actions = Apt::upgrade("egerl", apt.archive("egerl", "", "kernel, eglib")) +
                              Apt::upgrade("eglib", apt.archive("eglib", appup));
  CHECK(apt.run(actions) ==
        Ran{0,
            kHead +
                "  application old new node how           changed modules why\n"
                "  egerl       1.0 2.0 n1   refused       1: plain        needs eglib, which stays at 1.0\n"
                "  eglib       1.0 2.0 n1   needs restart -               its appup asks for "
                "restart_new_emulator\n",
            ""});
}

TEST_CASE("an impossible upgrade is skipped until a restart if so configured, with its dependents") {
  const Node apt;
  const ScopedEnvironment run_dir("ERLRC_RUN", (apt.host.dir() / "run").c_str());
  const auto file = apt.host.dir() / "run/leave";
  const std::string restart = "{\"2.0\", [{<<\".*\">>, [restart_new_emulator]}], []}.\n";
  const std::string actions = Apt::upgrade("eglib", apt.archive("eglib", restart)) +
                              Apt::upgrade("egerl", apt.archive("egerl", "", "eglib"));
  const Ran printed = apt.run(actions, "Erlrc::Preflight=leave\n");
  CHECK(printed.exit == 0);
  CHECK_THAT(printed.out, Catch::EndsWith("\nerlrc: skipped until the nodes are restarted: egerl eglib\n"));
  const ProcessId caller = calling_apt();
  CHECK(read_file(file) == std::to_string(caller.pid) + " " + caller.start + "\negerl\neglib\n");
  // A possible upgrade is not skipped, nor is one that was skipped before.
  const Ran hot = apt.run(Apt::upgrade("egerl", apt.archive("egerl")), "Erlrc::Preflight=leave\n");
  CHECK(hot == Ran{0, kHot, ""});
  CHECK(!std::filesystem::exists(file));
}

TEST_CASE("installed packages will be started, removed ones stopped") {
  const Node apt(test::done(), {{"eglib", "1.0"}});
  CHECK(apt.run("egerl - - none < 2.0 all none " + apt.archive("egerl") +
                "\neglib 1.0 all none > - - none **REMOVE**\n") ==
        Ran{0,
            kHead + "  application old new node how   changed modules why\n"
                    "  eglib       1.0 -   n1   stop  -\n"
                    "  egerl       -   2.0 n1   start -\n",
            ""});
  CHECK(!was_run(apt.node));
}

TEST_CASE("a node that does not answer does not take the time of the others") {
  const Node apt;
  const FakeNode silent(good("n2", Fault::silent));
  apt.host.add("n2", silent);
  const Ran printed = apt.run(Apt::upgrade("egerl", apt.archive("egerl")), "Erlrc::Preflight::Timeout=20\n");
  CHECK_THAT(printed.out, Catch::Contains("  egerl       1.0 2.0 n1   hot     1: plain\n"));
  CHECK_THAT(printed.out, Catch::Contains("n2   refused"));
}

TEST_CASE("packages without hooks are named if a node has loaded their modules") {
  const Node apt(test::done(), {{"kernel", "8"}, {"stdlib", "4"}});
  apt.host.dir().write(
      "dpkg/info/erlang-base.list",
      "/lib/kernel-8/ebin/kernel.app\n/lib/stdlib-4/ebin/stdlib.app\n/lib/sasl-4/ebin/sasl.app\n");
  apt.host.dir().write("dpkg/info/other.list", "/opt/erlang/lib/kernel-8/ebin/kernel.app\n");
  const auto file = apt.host.dir().write("base.deb", deb({{"./control", "x"}}, {})).string();
  CHECK(apt.run("erlang-base 8 amd64 none < 9 amd64 none " + file + "\nother 8 amd64 none < 9 amd64 none " +
                file + "\n") ==
        Ran{0,
            "erlrc: erlang-base has no hooks for running nodes, and contains kernel, stdlib: "
            "afterwards n1 needs a restart\n",
            ""});
}

TEST_CASE("the options of erlrc-apt-preflight are those of its manual page") {
  const Host host;
  const std::string help = host.run(preflight_main, {"--help"}).out;
  const std::string page = read_file(in_build("man/erlrc-apt-preflight.8"));
  for (const char* option : {"help", "version"}) {
    CHECK_THAT(help, Catch::Contains(std::string("--") + option));
    CHECK_THAT(page, Catch::Contains(std::string(R"(\-\-)") + option));
  }
  CHECK(host.run(preflight_main, {"--json"}).exit == 2);
}

TEST_CASE(
    "what the hooks will refuse because the node has rolled it back before is refused in the forecast") {
  const Node apt;
  const ScopedEnvironment state("ERLRC_STATE", (apt.host.dir() / "state").c_str());
  const std::string actions = Apt::upgrade("egerl", apt.archive("egerl"));
  apt.host.dir().write("state/refused/n1/egerl", "other\n2026-01-02\ncrashed\n");
  CHECK(apt.run(actions) == Ran{0, kHot, ""});
}

TEST_CASE("what a node refuses is skipped on it, if the administrator lets nodes keep the old version") {
  const Node apt(failed("processes in old code", false));
  const Ran printed =
      apt.run(Apt::upgrade("egerl", apt.archive("egerl")), kRefuse + "Erlrc::OnRefusal=leave\n");
  CHECK(printed.exit == 0);
  CHECK_THAT(printed.out,
             Catch::Contains("skipped") &&
                 Catch::Contains("the node waits for its restart: egerl: processes in old code"));
}
