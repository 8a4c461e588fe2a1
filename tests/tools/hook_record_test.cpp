// SPDX-License-Identifier: BSD-3-Clause
#include "catch.hpp"

#include <erlrc/site/dpkg.hpp>
#include <erlrc/sys/file.hpp>
#include <erlrc/transaction/run_record.hpp>

#include "dpkg_host.hpp"

// Tests what a call of dpkg's hooks does with the record that an earlier one has left.

using namespace erlrc;
using namespace erlrc::test;
using Args = std::vector<std::string>;

TEST_CASE("an upgrade that is refused is recorded, so that the new postrm fails without trying again") {
  const Upgrade dpkg(observed({{"egerl", "1.0"}}), failed("code_change crashed"));
  CHECK(dpkg.hook("preinst", {"upgrade", "1.0", "2.0"}) == Ran{0, "", ""});
  CHECK(dpkg.hook("postrm", {"upgrade", "2.0"}) ==
        Ran{1, "", refusal + "erlrc-upgrade: n1: rolled_back: code_change crashed\n" + way_out});
  CHECK(dpkg.recorded());
  const std::size_t calls = dpkg.node.calls().size();
  CHECK(dpkg.hook("postrm", {"failed-upgrade", "1.0", "2.0"}) ==
        Ran{1, "",
            "erlrc-hook: pkg: keeping the old version: egerl of the package pkg could not be upgraded\n"});
  CHECK(dpkg.node.calls().size() == calls);
  CHECK(dpkg.hook("preinst", {"abort-upgrade", "2.0"}) == Ran{0, "", ""});
  CHECK(dpkg.hook("postrm", {"abort-upgrade", "1.0", "2.0"}) == Ran{0, "", ""});
  CHECK(dpkg.hook("postinst", {"abort-upgrade", "2.0"}) == Ran{0, "", ""});
  CHECK(!dpkg.recorded());
}

TEST_CASE("the record of another dpkg does not count in this one") {
  const Upgrade dpkg(observed({{"egerl", "1.0"}}));
  const auto [script, args] = GENERATE(table<std::string, Args>(
      {{"preinst", {"upgrade", "1.0", "2.0"}}, {"postinst", {"abort-upgrade", "2.0"}}}));
  dpkg.host.dir().write("run/run",
                        encode_run_record({"77777 1", {{RunRecord::State::failed, "no", {{"pkg"}}}}}));
  CHECK(dpkg.hook(script, args) == Ran{0, "", ""});
  CHECK(!dpkg.recorded());
}

TEST_CASE("an upgrade of which dpkg was killed is rolled back by the next call") {
  const Upgrade dpkg(observed({{"egerl", "2.0"}}));
  const Version from{"1.0", (dpkg.host.dir() / "egerl-1.0/ebin").string()};
  const Version to{"2.0", (dpkg.host.dir() / "egerl-2.0/ebin").string()};
  RunRecord::Group group;
  group.packages = {{"pkg", "1.0", "2.0", {{Atom{"egerl"}, Request::Change{Direction::up, from, to}}}}};
  dpkg.host.dir().write("run/run", encode_run_record({"77777 1", {group}}));
  dpkg.host.dir().write("state/staged/other/x", "");
  CHECK(dpkg.hook("preinst", {"upgrade", "1.0", "2.0"}) ==
        Ran{0, "erlrc-downgrade: Downgrading 'egerl': (n1) downgraded\n", ""});
  CHECK(!dpkg.recorded());
  CHECK(!std::filesystem::exists(dpkg.host.dir() / "state/staged"));
}

TEST_CASE("a package is refused before it is unpacked if its upgrade set has failed") {
  const Upgrade dpkg(observed({{"egerl", "1.0"}}));
  const RunRecord::Group group{
      RunRecord::State::failed, "lib could not be upgraded together with it", {{"pkg", "1.0", "2.0"}}};
  dpkg.host.dir().write("run/run", encode_run_record({caller(), {group}}));
  CHECK(dpkg.hook("preinst", {"upgrade", "1.0", "2.0"}) ==
        Ran{1, "",
            "erlrc-hook: pkg: keeping the old version: lib could not be upgraded together with it\n" +
                way_out});
  CHECK(!dpkg.recorded());
  CHECK(dpkg.node.connections() == 0);
}

TEST_CASE("unrelated packages do not change each other's record") {
  const Upgrade dpkg(observed({{"egerl", "1.0"}}), failed("code_change crashed"));
  const RunRecord::Group others{
      RunRecord::State::done, "", {{"lib", "1.0", "2.0", {}, true}, {"app", "1.0", "2.0"}}};
  dpkg.host.dir().write("run/run", encode_run_record({caller(), {others}}));
  dpkg.host.dir().write("state/staged/app/x", "");
  dpkg.host.dir().write("state/backups/lib/erlrc", "");
  CHECK(dpkg.hook("preinst", {"upgrade", "1.0", "2.0"}) == Ran{0, "", ""});
  CHECK(dpkg.hook("postrm", {"upgrade", "2.0"}).exit == 1);
  CHECK(dpkg.hook("postrm", {"failed-upgrade", "1.0", "2.0"}).exit == 1);
  CHECK(dpkg.hook("preinst", {"abort-upgrade", "2.0"}) == Ran{0, "", ""});
  CHECK(dpkg.hook("postinst", {"abort-upgrade", "2.0"}) == Ran{0, "", ""});
  CHECK(decode_run_record(read_file(dpkg.host.dir() / "run/run")) == RunRecord{caller(), {others}});
  CHECK(std::filesystem::exists(dpkg.host.dir() / "state/staged/app/x"));
  CHECK(std::filesystem::exists(dpkg.host.dir() / "state/backups/lib"));
}
