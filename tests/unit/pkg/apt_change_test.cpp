// SPDX-License-Identifier: BSD-3-Clause
#include <erlrc/pkg/apt_change.hpp>

#include "catch.hpp"
#include "made_deb.hpp"
#include "temp_dir.hpp"

using namespace erlrc;
using namespace erlrc::test;
using Kind = AptAction::Kind;

TEST_CASE("a change contains the control members of both versions, and configuring is not a change") {
  const TempDir dir;
  dir.write("info/demo.erlrc", "demo 1.0 /old/ebin\n");
  const auto archive = dir.write("demo.deb", deb({{"./erlrc", "demo 1.1 /new/ebin\n"}}, {}));
  const auto changes = load_apt_changes({{Kind::unpack, "demo", "1.0", "1.1", "all", archive.string()},
                                         {Kind::configure, "demo", "1.0", "1.1", "all", ""},
                                         {Kind::remove, "demo", "1.1", "", "all", ""}},
                                        dir.path());
  ChangedPackage unpacked{
      "demo", "all", "1.0", "1.1", archive, "demo 1.0 /old/ebin\n", "demo 1.1 /new/ebin\n", {}, {}};
  ChangedPackage removed{"demo", "all", "1.1", "", "", "demo 1.0 /old/ebin\n", {}, {}, {}};
  CHECK(changes == std::vector{unpacked, removed});
}

TEST_CASE("a file name with an architecture has precedence over one without") {
  const TempDir dir;
  dir.write("info/demo.erlrc", "demo 1.0 /wrong/ebin\n");
  dir.write("info/demo:i386.erlrc", "demo 1.0 /right/ebin\n");
  const auto changes = load_apt_changes({{Kind::remove, "demo", "1.0", "", "i386", ""}}, dir.path());
  REQUIRE(changes.size() == 1);
  CHECK(changes[0].installed == "demo 1.0 /right/ebin\n");
}

TEST_CASE("a removal for one of two architectures is not a change, that for both is one") {
  const TempDir dir;
  dir.write("info/demo:amd64.erlrc", "demo 1.0 /ebin\n");
  dir.write("info/demo:i386.erlrc", "demo 1.0 /ebin\n");
  dir.write("info/demo-two:amd64.erlrc", "two 1.0 /ebin\n");
  const AptAction one{Kind::remove, "demo", "1.0", "", "i386", ""};
  const AptAction other{Kind::remove, "demo", "1.0", "", "amd64", ""};
  const AptAction two{Kind::remove, "demo-two", "1.0", "", "amd64", ""};
  CHECK(load_apt_changes({one}, dir.path()).empty());
  CHECK(load_apt_changes({one, other}, dir.path()).size() == 2);
  CHECK(load_apt_changes({two}, dir.path()).size() == 1);
}

TEST_CASE("the installed applications of a package without the control member are found") {
  const TempDir dir;
  dir.write("info/erlang-base.list",
            "/.\n/usr/lib/erlang/lib/kernel-8/ebin\n"
            "/usr/lib/erlang/lib/kernel-8/ebin/kernel.app\n/usr/share/x.app\n");
  const auto archive = dir.write("base.deb", deb({{"./control", "Package: erlang-base\n"}}, {}));
  const auto changes =
      load_apt_changes({{Kind::unpack, "erlang-base", "8", "9", "amd64", archive.string()}}, dir.path());
  REQUIRE(changes.size() == 1);
  CHECK(changes[0].app_files == std::vector<std::string>{"/usr/lib/erlang/lib/kernel-8/ebin/kernel.app"});
  CHECK(changes[0].installed == std::nullopt);
  CHECK(changes[0].unreadable.empty());
}

TEST_CASE("an archive that cannot be read does not hide the other packages") {
  const TempDir dir;
  const auto bad = dir.write("bad.deb", "garbage");
  const auto good = dir.write("good.deb", deb({{"./erlrc", "good 1 /good/ebin\n"}}, {}));
  const auto changes = load_apt_changes({{Kind::unpack, "bad", "", "1", "all", bad.string()},
                                         {Kind::unpack, "good", "", "1", "all", good.string()}},
                                        dir.path());
  REQUIRE(changes.size() == 2);
  CHECK_THAT(changes[0].unreadable, Catch::Contains("bad.deb"));
  CHECK(changes[1].unpacking == "good 1 /good/ebin\n");
}
