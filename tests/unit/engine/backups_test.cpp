// SPDX-License-Identifier: BSD-3-Clause
#include <erlrc/engine/backups.hpp>

#include <erlrc/base/error.hpp>
#include <erlrc/engine/rpm_facts.hpp>
#include <erlrc/engine/staging.hpp>
#include <erlrc/sys/file.hpp>

#include "catch.hpp"
#include "temp_dir.hpp"

using namespace erlrc;
using test::ScopedEnvironment;
using test::TempDir;

namespace {

struct Host {
  Host() : state("ERLRC_STATE", (dir / "state").c_str()) {}

  PackagedApp app(const std::string& vsn) const {
    const std::string ebin = (dir / "a/ebin").string();
    dir.write("a/ebin/a.app", "{application, a, [{vsn, \"" + vsn + "\"}]}.");
    dir.write("a/ebin/a.beam", "code of " + vsn);
    return {Atom{"a"}, vsn, ebin};
  }
  std::string backup() const { return (dir / "state/backups/pkg/a").string(); }

  TempDir dir;
  ScopedEnvironment state;
};

}  // namespace

TEST_CASE("a backup is not replaced if the call is repeated when the new files are there") {
  const Host host;
  const Backups backups;
  const PackagedApp old = host.app("1");
  backups.back_up("pkg", {old});
  const PackagedApps expected{{old.app, "1", Location::backed_up(old.location.in_path, host.backup())}};
  CHECK(backups.load("pkg") == expected);
  std::filesystem::remove_all(host.dir / "a");
  (void)host.app("2");
  backups.back_up("pkg", {old});
  CHECK(backups.load_all("other") == std::map<std::string, PackagedApps>{{"pkg", expected}});
  CHECK(read_file(host.backup() + "/a.beam") == "code of 1");
  backups.drop("pkg");
  CHECK(backups.load("pkg").empty());
}

TEST_CASE("files that are no longer those of the version are not backed up") {
  const Host host;
  PackagedApp old = host.app("2");
  old.vsn = "1";
  Backups().back_up("pkg", {old});
  CHECK(Backups().load("pkg").empty());
}

TEST_CASE("a backup that nodes use is known as its own directory") {
  const Host host;
  Backups().back_up("pkg", {host.app("1")});
  Backups().use("pkg");
  CHECK(Backups().load("pkg") ==
        PackagedApps{{Atom{"a"}, "1", Location::backed_up(host.backup(), host.backup())}});
}

TEST_CASE("names that are not a package's or an application's lead to no directory") {
  const Host host;
  host.dir.write("precious", "");
  CHECK_THROWS_WITH(Backups().drop("../../precious"), "package '../../precious': is not a package's name");
  CHECK_THROWS_WITH(Staging().drop("../../precious"), "package '../../precious': is not a package's name");
  CHECK_THROWS_AS(Staging().unpack("../../precious", "x.rpm", RpmFacts({}, milliseconds(1000))), Error);
  PackagedApp app = host.app("1");
  app.app.name = "../../../precious";
  CHECK_THROWS_WITH(Backups().back_up("pkg", {app}),
                    "application '../../../precious': is not an application's name");
  CHECK(std::filesystem::exists(host.dir / "precious"));
}
