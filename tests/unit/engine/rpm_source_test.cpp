// SPDX-License-Identifier: BSD-3-Clause
#include <erlrc/engine/rpm_source.hpp>

#include <erlrc/base/error.hpp>

#include "catch.hpp"
#include "golden.hpp"
#include "temp_dir.hpp"

using namespace erlrc;
using test::ScopedEnvironment;
using test::TempDir;

namespace {

const std::string two = test::in_source("tests/golden/rpm/two.rpm");
const std::string ebin = "/usr/lib/erlang/lib/two-2.0/ebin";

/// A host with the control members of installed packages.
struct Host {
  Host() : packages("ERLRC_PACKAGES", (dir / "packages").c_str()) {
    dir.write("packages/two/1:1.0-1", "two 1.0 /l/two-1.0/ebin\n");
    dir.write("packages/one/1.0-1", "one 1.0 /l/one-1.0/ebin\n");
  }
  std::vector<ChangedPackage> changes(const RpmElements& elements) const {
    RpmTransaction transaction(elements, after(milliseconds{10'000}));
    return transaction.source().changes();
  }
  TempDir dir;
  ScopedEnvironment packages;
};

ChangedPackage change_to_two() {
  ChangedPackage change;
  change.package = "two";
  change.architecture = "noarch";
  change.new_version = "1:2.0-3";
  change.archive = two;
  change.unpacking = "two 2.0 " + ebin + "\n";
  return change;
}

}  // namespace

TEST_CASE("what rpm installs, upgrades and removes has the control members of both versions") {
  const Host host;
  CHECK(host.changes({{two}, {}}) == std::vector{change_to_two()});
  ChangedPackage upgrade = change_to_two();
  upgrade.old_version = "1:1.0-1";
  upgrade.installed = "two 1.0 /l/two-1.0/ebin\n";
  ChangedPackage removal;
  removal.package = "one";
  removal.old_version = "1.0-1";
  removal.installed = "one 1.0 /l/one-1.0/ebin\n";
  CHECK(host.changes({{two}, {{"one", {"1.0-1"}}, {"two", {"1:1.0-1"}}}}) == std::vector{upgrade, removal});
}

TEST_CASE("packages without applications do not concern nodes") {
  const Host host;
  const auto concerns = [](const RpmElements& elements) {
    return RpmTransaction(elements, after(milliseconds{10'000})).concerns_nodes();
  };
  CHECK(concerns({{two}, {}}));
  CHECK(concerns({{}, {{"one", {"1.0-1"}}}}));
  CHECK(!concerns({{}, {{"other", {"1.0-1"}}}}));
}

TEST_CASE("if one of several versions stays, its package is not removed") {
  const Host host;
  host.dir.write("packages/one/1.1-1", "one 1.1 /l/one-1.1/ebin\n");
  CHECK(host.changes({{}, {{"one", {"1.0-1"}}}}).empty());
  CHECK(host.changes({{}, {{"one", {"1.0-1", "1.1-1"}}}}).size() == 1);
}

TEST_CASE("the files and the relations of an archive of rpm are those of the forecast") {
  const RpmElements elements{{two}, {}};
  RpmTransaction transaction(elements, after(milliseconds{10'000}));
  const TransactionSource source = transaction.source();
  source.changes();
  const ArchiveFiles files = source.files(two);
  CHECK(files.read(ebin + "/two.app") == "{application, two, [{vsn, \"2.0\"}]}.\n");
  CHECK(files.read(ebin + "/two.beam") == std::nullopt);
  CHECK(source.relations(two)->version == "1:2.0-3");
}

TEST_CASE("an archive with a damaged payload is reported in its change") {
  const Host host;
  Bytes bytes = test::read_file(two);
  bytes.resize(bytes.size() - 40);
  const auto archive = host.dir.write("cut.rpm", bytes).string();
  const auto changes = host.changes({{archive}, {}});
  REQUIRE(changes.size() == 1);
  CHECK(changes[0].unreadable.starts_with(archive + ": "));
}

TEST_CASE("if one of two versions has no control member, its .app files count") {
  const Host host;
  Bytes bytes = test::read_file(two);
  for (auto at = bytes.find("lib/erlrc/packages/"); at != Bytes::npos; at = bytes.find("lib/erlrc/packages/"))
    bytes[at + 4] = 'X';
  const auto archive = host.dir.write("plain.rpm", bytes).string();
  CHECK(host.changes({{archive}, {{"two", {"1:1.0-1"}}}}).at(0).unpacking == "two 2.0 " + ebin + "\n");

  const auto app = host.dir.write("l/two-0.9/ebin/two.app", "{application, two, [{vsn, \"0.9\"}]}.\n");
  host.dir.write("bin/rpm", "#!/bin/sh\necho " + app.string() + "\n", 0755);
  const ScopedEnvironment path("PATH", ((host.dir / "bin").string() + ":/usr/bin:/bin").c_str());
  CHECK(host.changes({{two}, {{"two", {"1:0.9-1"}}}}).at(0).installed ==
        "two 0.9 " + app.parent_path().string() + "\n");
}

TEST_CASE("a package without a control member names its applications") {
  const Host host;
  Bytes bytes = test::read_file(two);
  for (auto at = bytes.find("lib/erlrc/packages/"); at != Bytes::npos; at = bytes.find("lib/erlrc/packages/"))
    bytes[at + 4] = 'X';
  const auto archive = host.dir.write("plain.rpm", bytes).string();
  const auto changes = host.changes({{archive}, {{"two", {"1:0.9-1"}}}});
  REQUIRE(changes.size() == 1);
  CHECK(changes[0].app_files == std::vector<std::string>{ebin + "/two.app"});
  CHECK(changes[0].unpacking == std::nullopt);
}
