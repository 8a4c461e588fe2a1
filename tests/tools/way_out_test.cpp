// SPDX-License-Identifier: BSD-3-Clause
#include <filesystem>
#include <functional>

#include <erlrc/sys/deadline.hpp>
#include <erlrc/sys/file.hpp>
#include <erlrc/transaction/run_record.hpp>

#include "catch.hpp"

#include "dpkg_host.hpp"

// Each kind of failure that stops dpkg names the switch that leaves the nodes alone, and it works.

using namespace erlrc;
using namespace erlrc::test;

namespace {

using Args = std::vector<std::string>;

struct Failing {
  std::string what;
  std::function<void(Upgrade&)> arrange;
  std::string script = "postrm";
  Args args = {"upgrade", "2.0"};
  int exit = 1;
};

void ends_with(Upgrade& dpkg, Term end) {
  play(dpkg.node, observed({{"egerl", "1.0"}}), std::move(end));
}

void entry(Upgrade& dpkg, const std::string& text, mode_t mode) {
  dpkg.host.dir().write("nodes/n1", text, mode);
}

/// A package without hooks was upgraded on disk, so that nodes need the backup.
void adopted(Upgrade& dpkg) {
  std::filesystem::remove(dpkg.host.dir() / "dpkg/info/pkg.erlrc");
  dpkg.host.dir().write("dpkg/info/pkg.list",
                        "/.\n" + (dpkg.host.dir() / "egerl-1.0/ebin/egerl.app").string() + "\n");
  dpkg.hook("preinst", {"upgrade", "1.0", "2.0"});
  std::filesystem::remove_all(dpkg.host.dir() / "egerl-1.0");
  dpkg.installed(dpkg.line("egerl", "2.0"));
  entry(dpkg, cookie, 0644);
}

const std::vector<Failing> kinds{
    {"a node refuses", [](Upgrade& dpkg) { ends_with(dpkg, failed("old code", false)); }},
    {"a node was rolled back", [](Upgrade& dpkg) { ends_with(dpkg, failed("crashed")); }},
    {"a node could not be rolled back",
     [](Upgrade& dpkg) { ends_with(dpkg, failed("crashed", true, {"a module"})); },
     "postrm",
     {"upgrade", "2.0"},
     3},
    {"it cannot be stopped, and not be rolled back",
     [](Upgrade& dpkg) { ends_with(dpkg, failed("crashed", true, {"a module"})); },
     "prerm",
     {"remove"},
     3},
    {"all can read the cookie", [](Upgrade& dpkg) { entry(dpkg, cookie, 0644); }},
    {"another cookie",
     [](Upgrade& dpkg) {
       entry(dpkg, "cookie = OTHER\nepmd_port = " + std::to_string(dpkg.node.epmd_port()) + "\n", 0600);
     }},
    {"the same package has failed in this run",
     [](Upgrade& dpkg) {
       const RunRecord::Group group{
           RunRecord::State::failed, "lib could not be unpacked", {{"pkg", "1.0", "2.0"}}};
       dpkg.host.dir().write("run/run", encode_run_record({caller(), {group}}));
     },
     "preinst",
     {"upgrade", "1.0", "2.0"}},
    {"it is not known what a node runs", adopted, "postinst", {"configure", "1.0"}},
    {"a record that cannot be read", [](Upgrade& dpkg) { dpkg.host.dir().write("run/run", "garbage\n"); }},
    {"a control member that cannot be read",
     [](Upgrade& dpkg) { dpkg.installed("egerl\n"); },
     "postinst",
     {"configure", ""}},
    {"no backup can be made",
     [](Upgrade& dpkg) {
       dpkg.host.dir().write("state", "not a directory");
       dpkg.unpacking("egerl 2.0 " + (dpkg.host.dir() / "egerl-1.0").string() + "/ebin\n");
     },
     "preinst",
     {"upgrade", "1.0", "2.0"}},
    {"no notes can be made", [](Upgrade& dpkg) { dpkg.host.dir().write("run", "not a directory"); }},
};

}  // namespace

TEST_CASE("each failing call of dpkg names the way out") {
  const auto number = GENERATE(range(std::size_t{0}, kinds.size()));
  const Failing& one = kinds[number];
  CAPTURE(one.what);
  Upgrade dpkg(observed({{"egerl", "1.0"}}));
  one.arrange(dpkg);
  const Ran ran = dpkg.hook(one.script, one.args);
  INFO(ran);
  CHECK(ran.exit == one.exit);
  CHECK_THAT(ran.err, Catch::EndsWith(way_out));
  const ScopedEnvironment off("ERLRC_HOOKS", "off");
  CHECK(dpkg.hook(one.script, one.args) == Ran{0, "", ""});
}

TEST_CASE("a call that waits too long for another one names the way out") {
  Upgrade dpkg(observed({{"egerl", "1.0"}}));
  std::filesystem::create_directories(dpkg.host.dir() / "run");
  const UniqueFd lock = lock_directory(dpkg.host.dir() / "run", after(milliseconds{0}));
  const ScopedEnvironment timeout("ERLRC_TIMEOUT", "1");
  CHECK(dpkg.hook("postrm", {"upgrade", "2.0"}) ==
        Ran{1, "", "erlrc-hook: HOST/run: timed out waiting for another erlrc-hook\n" + way_out});
}

TEST_CASE("what a node has refused before names the way out, in the next run") {
  Upgrade dpkg(observed({{"egerl", "1.0"}}));
  Term end = failed("code_change crashed");
  std::get<Tuple>(end.value).elements[6] = Term(5000);  // processes were suspended
  ends_with(dpkg, end);
  const auto again = [&] {
    const Ran ran = dpkg.hook("postrm", {"upgrade", "2.0"});
    dpkg.hook("preinst", {"abort-upgrade", "2.0"});
    dpkg.hook("postinst", {"abort-upgrade", "2.0"});
    return ran;
  };
  CHECK_THAT(again().err, Catch::EndsWith(way_out));
  CHECK_THAT(again().err, !Catch::Contains(way_out));  // once in a run
  std::filesystem::remove(dpkg.host.dir() / "run/reported");
  CHECK_THAT(again().err, Catch::Contains("not tried again") && Catch::EndsWith(way_out));
}

TEST_CASE("a call that dpkg needs to undo an unpacking never fails, and names nothing") {
  Upgrade dpkg(observed({{"egerl", "2.0"}}));
  dpkg.host.dir().write("run/run", "garbage\n");
  const Ran ran = dpkg.hook("preinst", {"abort-upgrade", "2.0"});
  CHECK(ran.exit == 0);
  CHECK_THAT(ran.err, !Catch::Contains(way_out));
}
