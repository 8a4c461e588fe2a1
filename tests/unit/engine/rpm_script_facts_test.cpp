// SPDX-License-Identifier: BSD-3-Clause
#include <erlrc/engine/rpm_script_facts.hpp>

#include "catch.hpp"
#include "temp_dir.hpp"

using namespace erlrc;
using test::ScopedEnvironment;
using test::TempDir;
using State = RunRecord::State;

namespace {

/// A host on which rpm has, in this order, the versions that the test has added.
struct Host {
  Host()
      : path("PATH", (dir.path().string() + ":/usr/bin:/bin").c_str()),
        packages("ERLRC_PACKAGES", (dir / "packages").c_str()) {
    dir.write("rpm", "#!/bin/sh\ncat " + (dir / "output").string(), 0755);
    dir.write("packages/.keep", "");
  }

  void add(const std::string& name, const std::string& vsn, bool hooks = true) {
    output += "package\t" + name + "\t" + vsn + "\tnoarch\t" + std::to_string(++count) + "\n";
    dir.write("output", output);
    if (hooks)
      dir.write("packages/" + name + "/" + vsn, name + " " + vsn + " /l/" + name + "-" + vsn + "/ebin\n");
  }

  Snapshot open(Moment moment, const RpmScriptlet& scriptlet, const RunRecord& record = {}) {
    Streams streams;
    const RpmScriptFacts facts(scriptlet, milliseconds{10'000});
    Snapshot snapshot = facts.load(moment, {}, streams);
    snapshot.backups = backups;
    facts.open_archives(record, snapshot);
    return snapshot;
  }

  TempDir dir;
  ScopedEnvironment path, packages;
  std::string output;
  int count = 0;
  std::map<std::string, PackagedApps> backups;
};

std::string version(const Snapshot& snapshot, const std::string& name) {
  const auto found = snapshot.packages->find(name);
  return found == snapshot.packages->end() ? "none" : found->second.relations.version;
}

std::string next_version(const Snapshot& snapshot) {
  std::string all;
  for (const Archive& archive : snapshot.archives)
    all += archive.relations->name + "-" + archive.relations->version + " ";
  return all;
}

RunRecord announced(const std::string& name, const std::string& from, const std::string& to) {
  return {"", {{State::unpacking, "", {{name, from, to}}, false, true}}};
}

}  // namespace

TEST_CASE("before a package is unpacked, the version that was installed first is the one that nodes run") {
  Host host;
  host.add("lib", "1");
  host.add("lib", "2");
  CHECK(version(host.open(Moment::run_unpacks, {"lib", "3", 3}), "lib") == "1");
  CHECK(version(host.open(Moment::run_unpacks, {"lib", "3", 1}), "lib") == "none");
}

TEST_CASE("the other old versions of a package are known, since nodes may run one of them") {
  Host host;
  for (const char* vsn : {"1", "2", "3"})
    host.add("lib", vsn);
  const auto others = [](const Snapshot& snapshot) {
    std::string all;
    for (const InstalledPackage& other : snapshot.packages->at("lib").others)
      all += other.relations.version + " " + other.member->apps.front().vsn + " ";
    return all;
  };
  CHECK(others(host.open(Moment::run_unpacks, {"lib", "4", 4})) == "2 2 3 3 ");
  CHECK(others(host.open(Moment::run_unpacked, {"lib", "1", 1}, announced("lib", "1", "3"))) == "2 2 ");
}

TEST_CASE("before a version is removed, the announced one is the next") {
  Host host;
  host.add("app", "1");
  host.add("lib", "1");
  host.add("lib", "2");
  const Snapshot snapshot = host.open(Moment::run_unpacked, {"app", "1", 0}, announced("lib", "1", "2"));
  CHECK(version(snapshot, "lib") == "1");
  CHECK(version(snapshot, "app") == "1");
  CHECK(next_version(snapshot) == "lib-2 ");
  CHECK(snapshot.archives.front().member->apps.front().vsn == "2");
  CHECK(snapshot.removed == std::set<std::string>{"app"});
}

TEST_CASE("if two old versions are replaced, the one that was installed first is the one before") {
  Host host;
  for (const char* vsn : {"1", "2", "3"})
    host.add("lib", vsn);
  for (const char* own : {"1", "2"}) {
    const Snapshot snapshot = host.open(Moment::run_unpacked, {"lib", own, 1}, announced("lib", "1", "3"));
    CHECK(version(snapshot, "lib") == "1");
    CHECK(next_version(snapshot) == "lib-3 ");
  }
}

TEST_CASE("an announced version that did not come is not the next one") {
  Host host;
  host.add("app", "1");
  host.add("lib", "1");
  const Snapshot snapshot = host.open(Moment::run_unpacked, {"app", "1", 0}, announced("lib", "1", "2"));
  CHECK(version(snapshot, "lib") == "1");
  CHECK(next_version(snapshot).empty());
}

TEST_CASE("when the newer of two versions is erased, the older one is the next") {
  Host host;
  host.add("lib", "1");
  host.add("lib", "2");
  const Snapshot snapshot = host.open(Moment::run_unpacked, {"lib", "2", 1});
  CHECK(version(snapshot, "lib") == "2");
  CHECK(next_version(snapshot) == "lib-1 ");
  const Snapshot older = host.open(Moment::run_unpacked, {"lib", "1", 1});
  CHECK(version(older, "lib") == "1");
  CHECK(next_version(older) == "lib-2 ");
}

TEST_CASE("a version that is installed again is in the database twice") {
  Host host;
  host.add("lib", "1");
  host.add("lib", "1");
  const Snapshot snapshot = host.open(Moment::run_unpacked, {"lib", "1", 1}, announced("lib", "1", "1"));
  CHECK(version(snapshot, "lib") == "1");
  CHECK(next_version(snapshot) == "lib-1 ");
}

TEST_CASE("an old version without scriptlets that is gone is known from its backup") {
  Host host;
  host.add("app", "1");
  host.add("lib", "2");
  host.backups["lib"] = {{Atom{"lib"}, "1", Location::backed_up("/l/lib-1/ebin", "/backups/lib/lib")}};
  const Snapshot snapshot = host.open(Moment::run_unpacked, {"app", "1", 0}, announced("lib", "1", "2"));
  CHECK(version(snapshot, "lib") == "1");
  CHECK_FALSE(snapshot.packages->at("lib").member);
  CHECK(snapshot.packages->at("lib").listed == host.backups["lib"]);
  CHECK(next_version(snapshot) == "lib-2 ");
}

TEST_CASE("of a package that nodes have followed already, the new version counts") {
  Host host;
  host.add("app", "1");
  host.add("lib", "1");
  host.add("lib", "2");
  RunRecord record = announced("lib", "1", "2");
  record.groups.front().state = State::done;
  const Snapshot snapshot = host.open(Moment::run_unpacked, {"app", "1", 0}, record);
  CHECK(version(snapshot, "lib") == "2");
  CHECK(next_version(snapshot).empty());
}
