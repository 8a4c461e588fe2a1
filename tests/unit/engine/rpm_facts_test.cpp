// SPDX-License-Identifier: BSD-3-Clause
#include <erlrc/engine/rpm_facts.hpp>

#include "catch.hpp"
#include "temp_dir.hpp"

#include <erlrc/base/error.hpp>

using namespace erlrc;
using test::ScopedEnvironment;
using test::TempDir;

namespace {

/// A host whose program rpm prints what the test has written.
struct Host {
  Host()
      : path("PATH", (dir.path().string() + ":/usr/bin:/bin").c_str()),
        packages("ERLRC_PACKAGES", (dir / "packages").c_str()) {
    dir.write("rpm", "#!/bin/sh\ncat " + (dir / "output").string(), 0755);
    dir.write("packages/liba/1.0-1", "liba 1.0 /l/liba-1.0/ebin\n");
  }

  Snapshot load(const RpmFacts& facts) {
    Streams streams;
    return facts.load(Moment::run_begins, {}, streams);
  }

  TempDir dir;
  ScopedEnvironment path, packages;
};

constexpr milliseconds patience{10'000};

// A line for a package ends with its number in the database.
const std::string kLiba = "package\tliba\t1.0-1\tnoarch\t1\nprovides\tliba\t=\t1.0-1\n";

}  // namespace

TEST_CASE("the control members of installed rpms are among their files") {
  Host host;
  host.dir.write("output", kLiba);
  const RpmFacts facts({}, patience);
  Snapshot snapshot = host.load(facts);
  CHECK(snapshot.hooked == std::vector<std::string>{"liba"});
  facts.look_up({}, snapshot);
  const InstalledPackage& liba = snapshot.packages->at("liba");
  REQUIRE(liba.member);
  CHECK(liba.member->apps == PackagedApps{{Atom{"liba"}, "1.0", "/l/liba-1.0/ebin"}});
  CHECK(liba.relations.version == "1.0-1");
}

TEST_CASE("if rpm has two versions of a package, the recorded one counts") {
  Host host;
  const RpmFacts facts({}, patience);
  const std::string other = "package\tliba\t2.0-1\tnoarch\t1\n";
  for (const std::string& output : {kLiba + other, other + kLiba}) {
    host.dir.write("output", output);
    Snapshot snapshot = host.load(facts);
    facts.look_up({"", {{RunRecord::State::done, "", {{"liba", "0.9-1", "1.0-1"}}}}}, snapshot);
    CHECK(snapshot.packages->at("liba").relations.version == "1.0-1");
  }
}

TEST_CASE("else the one that was installed first, and its control member, count") {
  Host host;
  host.dir.write("packages/liba/2.0-1", "liba 2.0 /l/liba-2.0/ebin\n");
  const RpmFacts facts({}, patience);
  host.dir.write("output", "package\tliba\t2.0-1\tnoarch\t7\n" + kLiba);
  Snapshot snapshot = host.load(facts);
  facts.look_up({}, snapshot);
  const InstalledPackage& liba = snapshot.packages->at("liba");
  CHECK(liba.relations.version == "1.0-1");
  CHECK(liba.member->apps.front().vsn == "1.0");
  REQUIRE(liba.others.size() == 1);
  CHECK(liba.others.front().relations.version == "2.0-1");
  CHECK(liba.others.front().member->apps == PackagedApps{{Atom{"liba"}, "2.0", "/l/liba-2.0/ebin"}});
}

TEST_CASE("rpm is asked once about the packages that an early answer covers") {
  Host host;
  host.dir.write("output", kLiba + "package\tother\t1.0-1\tnoarch\t2\n");
  const RpmAnswer early({"liba", "other"}, patience);
  REQUIRE(early.packages().size() == 2);
  host.dir.write("output", "package\tliba\t2.0-1\tnoarch\t3\n");
  const auto version_of = [&](const std::set<std::string>& recorded) {
    const RpmFacts facts({}, patience, {}, early);
    RunRecord record{"", {{}}};
    for (const std::string& name : recorded)
      record.groups.front().packages.push_back({name});
    Snapshot snapshot = host.load(facts);
    facts.look_up(record, snapshot);
    CHECK_FALSE(snapshot.packages->contains("other"));
    return snapshot.packages->at("liba").relations.version;
  };
  CHECK(version_of({}) == "1.0-1");
  CHECK(version_of({"recorded"}) == "2.0-1");
}

TEST_CASE("a package of which another version stays is not removed") {
  Host host;
  host.dir.write("output", kLiba + "package\tliba\t2.0-1\tnoarch\t1\n");
  for (const bool both : {false, true}) {
    RpmElements elements{{}, {{"liba", {"1.0-1"}}}};
    if (both) elements.removed["liba"].insert("2.0-1");
    const RpmFacts facts(elements, patience);
    Snapshot snapshot = host.load(facts);
    facts.look_up({}, snapshot);
    CHECK(snapshot.removed.contains("liba") == both);
  }
}

TEST_CASE("a package that rpm does not know is not installed") {
  Host host;
  host.dir.write("output", "package liba is not installed\n");
  const RpmFacts facts({}, patience);
  Snapshot snapshot = host.load(facts);
  facts.look_up({}, snapshot);
  CHECK(snapshot.packages->empty());
}

TEST_CASE("a database that rpm cannot read is not an empty one") {
  Host host;
  host.dir.write("output", "error: cannot open Packages database\npackage liba is not installed\n");
  const RpmFacts facts({}, patience);
  Snapshot snapshot = host.load(facts);
  CHECK_THROWS_WITH(facts.look_up({}, snapshot), "rpm: error: cannot open Packages database");
}

TEST_CASE("a program of rpm that does not end in time is an error") {
  Host host;
  host.dir.write("rpm", "#!/bin/sh\nexec sleep 60\n", 0755);
  const RpmFacts facts({}, milliseconds{100});
  Snapshot snapshot = host.load(facts);
  CHECK_THROWS_WITH(facts.look_up({}, snapshot), "rpm: did not end in time");
}

TEST_CASE("the control member of an archive is looked for only if it has one") {
  Host host;
  host.dir.write("output", kLiba + "directory\t/l/liba-1.0/ebin/\n");
  const RpmFacts facts({{"/liba.rpm"}, {}}, patience);
  Snapshot snapshot = host.load(facts);
  facts.open_archives({}, snapshot);
  CHECK(snapshot.archives.at(0).relations->name == "liba");
  CHECK(snapshot.archives.at(0).member == std::nullopt);

  host.dir.write("output", kLiba + "directory\t/usr/lib/erlrc/packages/liba/\n");
  host.dir.write("rpm2archive", "#!/bin/sh\nexit 1\n", 0755);
  CHECK_THROWS_WITH(facts.open_archives({}, snapshot),
                    "/liba.rpm: cannot read /usr/lib/erlrc/packages/liba/1.0-1");
}

TEST_CASE("nodes follow once more if the new version of a package has no control member any longer") {
  Host host;
  host.dir.write("output", "package\tliba\t2.0-1\tnoarch\t1\n");
  host.dir.write("installed", kLiba);
  host.dir.write("rpm",
                 "#!/bin/sh\ncd " + host.dir.path().string() +
                     "\ncase $* in\n*--list*) echo /l/liba-2.0/ebin/liba.app ;;\n"
                     "*--package*) cat output ;;\n*) cat installed ;;\nesac\n",
                 0755);
  host.dir.write("l/liba-2.0/ebin/liba.app", "{application, liba, [{vsn, \"2.0\"}]}.");
  host.dir.write("rpm2archive", "#!/bin/sh\nexec tar -C " + host.dir.path().string() + " -c ./l\n", 0755);
  const RpmFacts facts({{host.dir.write("liba.rpm", "").string()}, {}}, patience);
  Snapshot snapshot = host.load(facts);
  facts.open_archives({}, snapshot);
  CHECK(snapshot.archives.at(0).member == std::nullopt);
  facts.look_up({}, snapshot);
  REQUIRE(snapshot.archives.at(0).member);
  CHECK(snapshot.archives.at(0).member->apps == PackagedApps{{Atom{"liba"}, "2.0", "/l/liba-2.0/ebin"}});
}

TEST_CASE("advice for users of rpm names programs that they have") {
  const RpmFacts facts({}, patience);
  CHECK(
      facts.advice("liba") ==
      "`dnf upgrade --exclude=liba` keeps the version that is installed; `retry = on` in erlrc.conf(5) tries "
      "again");
  CHECK(!facts.restarts_services());
}

TEST_CASE("an archive that rpm does not show is an error") {
  Host host;
  host.dir.write("output", kLiba);
  const RpmFacts facts({{"/liba.rpm", "/appb.rpm"}, {}}, patience);
  Snapshot snapshot = host.load(facts);
  CHECK_THROWS_AS(facts.open_archives({}, snapshot), Error);
}
