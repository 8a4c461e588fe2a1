// SPDX-License-Identifier: BSD-3-Clause
#include <fcntl.h>

#include <erlrc/site/dpkg.hpp>
#include <erlrc/sys/file.hpp>
#include <erlrc/sys/unique_fd.hpp>

#include "catch.hpp"
#include "host.hpp"
#include "made_deb.hpp"
#include "paths.hpp"

using namespace erlrc;
using namespace erlrc::test;
using Names = std::vector<std::string>;

namespace {

/// An APT that is about to change packages of a host.
struct Apt {
  Apt() : dpkg_root("DPKG_ROOT", nullptr) {}

  std::string ebin(const std::string& app, const std::string& vsn) const {
    return (host.dir() / (app + "-" + vsn)).string() + "/ebin";
  }
  std::string member(const std::string& app, const std::string& vsn) const {
    return app + " " + vsn + " " + ebin(app, vsn) + "\n";
  }

  /// Installs PACKAGE 1.0, which contains the application of the same name.
  void installed(const std::string& app) const {
    host.add_app(app, "1.0");
    host.dir().write("dpkg/info/" + app + ".erlrc", member(app, "1.0"));
  }

  /// Writes an archive of PACKAGE 2.0, whose files are only in the archive, and returns its path. `policy`
  /// are lines of the control member erlrc, `control` of the member control. With a policy, the application
  /// is not registered to be started.
  std::string archive(const std::string& app, const std::string& appup = "", const std::string& needs = "",
                      const std::string& policy = "", const std::string& control = "") const {
    const std::filesystem::path dir = host.add_app(app, "2.0");
    const std::string base = "." + ebin(app, "2.0") + "/";
    std::vector<TarEntry> data{
        {base + "plain.beam", read_file(dir / "ebin/plain.beam")},
        {base + app + ".app", "{application, " + app +
                                  ", [{vsn, \"2.0\"}, {modules, [plain]}, {applications, [" + needs +
                                  "]}]}.\n"}};
    if (policy.empty()) data.push_back({"./etc/erlrc.d/applications/" + app + ".d/" + app, ""});
    if (!appup.empty()) data.push_back({base + app + ".appup", appup});
    std::filesystem::remove_all(dir);
    return host.dir()
        .write(app + ".deb", deb({{"./erlrc", policy + member(app, "2.0")},
                                  {"./control", "Package: " + app + "\nVersion: 2.0\n" + control}},
                                 data))
        .string();
  }

  static std::string upgrade(const std::string& package, const std::string& file) {
    return package + " 1.0 all none < 2.0 all none " + file + "\n";
  }

  /// Runs the program with `input` as its whole input from APT.
  Ran given(const std::string& input) const {
    const auto file = host.dir().write("input", input);
    const UniqueFd fd(::open(file.c_str(), O_RDONLY | O_CLOEXEC));
    const ScopedEnvironment descriptor("APT_HOOK_INFO_FD", std::to_string(fd.get()).c_str());
    return host.run(preflight_main, {});
  }
  Ran run(const std::string& actions, const std::string& config = "") const {
    return given("VERSION 3\nDir=/\nDir::State::status=" + (host.dir() / "dpkg/status").string() + "\n" +
                 config + "\n" + actions);
  }

  Host host;
  ScopedEnvironment dpkg_root;
};

/// An APT on a host with one node, on which egerl 1.0 and eglib 1.0 run.
struct Node : Apt {
  explicit Node(Term end = test::done(), std::vector<Running> runs = {{"egerl", "1.0"}, {"eglib", "1.0"}})
      : node(good("n1")) {
    host.add("n1", node);
    play(node, observed(runs), std::move(end));
    installed("egerl");
    installed("eglib");
  }
  FakeNode node;
};

const std::string kHead = "erlrc: effect on running nodes:\n";
const std::string kRefuse = "Erlrc::Preflight=refuse\n";
const std::string kWayOut =
    " (option -o Erlrc::Preflight=report continues anyway, -o Erlrc::Hooks=off leaves all nodes alone)\n";
const std::string kHot = kHead +
                         "  application old new node how changed modules why\n"
                         "  egerl       1.0 2.0 n1   hot 1: plain\n";

}  // namespace

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

TEST_CASE("a node that does not answer does not take the time of the others") {
  const Node apt;
  const FakeNode silent(good("n2", Fault::silent));
  apt.host.add("n2", silent);
  const Ran printed = apt.run(Apt::upgrade("egerl", apt.archive("egerl")), "Erlrc::Preflight::Timeout=20\n");
  CHECK_THAT(printed.out, Catch::Contains("  egerl       1.0 2.0 n1   hot     1: plain\n"));
  CHECK_THAT(printed.out, Catch::Contains("n2   refused"));
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

TEST_CASE("an archive that cannot be read is reported in a warning, or refused if so configured") {
  const Node apt;
  const std::string file = apt.archive("egerl");
  const Bytes whole = read_file(file);
  const auto [bytes, about] = GENERATE_REF(table<Bytes, std::string>({
      {Bytes("garbage"), "not an archive"},
      {whole.substr(0, whole.size() - 1500), "the data ends early"},
  }));
  CAPTURE(about);
  apt.host.dir().write("egerl.deb", bytes);
  const Ran printed = apt.run(Apt::upgrade("egerl", file));
  CHECK(printed.exit == 0);
  CHECK(printed.out == "");
  CHECK_THAT(printed.err, Catch::StartsWith("erlrc-apt-preflight: warning: HOST/egerl.deb: "));
  CHECK(std::count(printed.err.begin(), printed.err.end(), '\n') == 1);
  const Ran refused = apt.run(Apt::upgrade("egerl", file), kRefuse);
  CHECK(refused.exit == 1);
  CHECK_THAT(refused.err,
             Catch::EndsWith("refused, and nothing has been changed: the effect on running nodes is unknown" +
                             kWayOut));
}

TEST_CASE("the other packages are reported despite an archive that cannot be read") {
  const Node apt;
  apt.host.dir().write("eglib.deb", "garbage");
  const Ran printed = apt.run(Apt::upgrade("eglib", (apt.host.dir() / "eglib.deb").string()) +
                              Apt::upgrade("egerl", apt.archive("egerl")));
  CHECK(printed.out == kHot);
  CHECK(printed.exit == 0);
}

TEST_CASE("garbage instead of a transaction is reported in a warning of one line") {
  const Node apt;
  const auto [input, exit] = GENERATE(table<std::string, int>({
      {"", 0},
      {"garbage", 0},
      {"VERSION 2\n\negerl 1.0 < 2.0 /egerl.deb\n", 0},
      {"VERSION 3\nDir=/\n\negerl", 0},
      {"VERSION 3\nErlrc::Preflight=refuse\n\negerl\n", 1},
      {"VERSION 3\nErlrc::Preflight=perhaps\n\n", 0},
      {"VERSION 3\nErlrc::Preflight=refuse\nErlrc::Preflight::Timeout=soon\n\n", 0},
  }));
  CAPTURE(input);
  const Ran printed = apt.given(input);
  CHECK(printed.exit == exit);
  CHECK(printed.out == "");
  CHECK_THAT(printed.err, Catch::StartsWith("erlrc-apt-preflight: "));
  CHECK(std::count(printed.err.begin(), printed.err.end(), '\n') == 1);
}

TEST_CASE("a wrong control member is reported in a warning that names the package") {
  const Node apt;
  const auto file = apt.host.dir().write("egerl.deb", deb({{"./erlrc", "nonsense\n"}}, {}));
  CHECK(apt.run(Apt::upgrade("egerl", file.string())) ==
        Ran{0, "",
            "erlrc-apt-preflight: warning: egerl: control member erlrc:1:1: found fewer than three words, "
            "expected "
            "`APP VSN EBIN`\n"});
}

TEST_CASE("a node that cannot be observed is reported once, and refused if so configured") {
  const Apt apt;
  apt.installed("egerl");
  const FakeNode node(good("n1", Fault::unregistered));
  apt.host.add("n1", node);
  apt.host.dir().write("nodes/n2", "cookie = " + cookie + "\n", 0644);
  const Ran printed = apt.run(Apt::upgrade("egerl", apt.archive("egerl")), kRefuse);
  CHECK(printed.exit == 1);
  CHECK_THAT(printed.out, Catch::Contains("\n  *           -   -   n2   refused -               "));
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
