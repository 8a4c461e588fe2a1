// SPDX-License-Identifier: BSD-3-Clause
#include <erlrc/engine/dpkg_facts.hpp>

#include <erlrc/engine/run_notes.hpp>

#include "catch.hpp"
#include "made_deb.hpp"
#include "temp_dir.hpp"

using namespace erlrc;
using test::deb;
using test::ScopedEnvironment;
using test::TempDir;

namespace {

constexpr milliseconds patience = std::chrono::minutes(2);

/// A call of the script of pkg, an `all` package. dpkg's real query program reads a directory of the test.
struct Host {
  Host()
      : admindir("DPKG_ADMINDIR", dir.path().c_str()),
        run("ERLRC_RUN", (dir / "run").c_str()),
        package("DPKG_MAINTSCRIPT_PACKAGE", "pkg"),
        own_arch("DPKG_MAINTSCRIPT_ARCH", "all") {
    dir.write("updates/0", "");
  }

  void installed(const std::string& name, const std::string& arch, const std::string& fields,
                 const std::string& file, const std::string& state = "installed") {
    status += "Package: " + name + "\nStatus: install ok " + state + "\nMaintainer: x\nDescription: x\n" +
              "Architecture: " + arch + "\nVersion: 1.0\n" + fields + "\n";
    dir.write("status", status);
    dir.write("info/" + file, "nodes = n1\n" + name + " 1.0 /l/" + name + "-1.0/ebin\n");
  }

  TempDir dir;
  std::string status;
  ScopedEnvironment admindir, run, package, own_arch;
};

}  // namespace

TEST_CASE("the control members of other packages are found by their own architectures") {
  Host host;
  host.installed("pkg", "all", "", "pkg.erlrc");
  host.installed("lib", "amd64", "Multi-Arch: same\nDepends: pkg (>= 1.0)\n", "lib:amd64.erlrc");
  Streams streams;
  const DpkgFacts facts(patience);
  Snapshot snapshot = facts.load(Moment::unpack_failed, {}, streams);
  facts.look_up({}, snapshot);
  REQUIRE(snapshot.packages);
  REQUIRE(snapshot.packages->contains("lib"));
  const InstalledPackage& lib = snapshot.packages->at("lib");
  REQUIRE(lib.member);
  CHECK(lib.member->apps == PackagedApps{{Atom{"lib"}, "1.0", "/l/lib-1.0/ebin"}});
  CHECK(lib.member->nodes == std::vector<std::string>{"n1"});
  CHECK(lib.relations.needs == std::vector<Alternatives>{{{"pkg", ">=", "1.0"}}});
}

TEST_CASE("a package that dpkg is in the middle of, or has deconfigured, is known as such") {
  Host host;
  host.installed("pkg", "all", "", "pkg.erlrc", "half-installed");
  host.installed("lib", "all", "", "lib.erlrc", "half-configured");
  Streams streams;
  const DpkgFacts facts(patience);
  Snapshot snapshot = facts.load(Moment::unpack_failed, {}, streams);
  facts.look_up({}, snapshot);
  REQUIRE(snapshot.packages);
  CHECK(snapshot.packages->at("pkg").half_installed);
  CHECK(!snapshot.packages->at("pkg").half_configured);
  CHECK(!snapshot.packages->at("lib").half_installed);
  CHECK(snapshot.packages->at("lib").half_configured);
}

TEST_CASE(
    "what needs the applications of a package that is removed is known, each before those that it needs") {
  Host host;
  const auto installed = [&](const std::string& name, const std::string& keys) {
    host.installed(name, "all", "", name + ".erlrc");
    const std::string ebin = (host.dir / (name + "/ebin")).string();
    host.dir.write("info/" + name + ".erlrc", "nodes = n1\n" + name + " 1.0 " + ebin + "\n");
    host.dir.write(name + "/ebin/" + name + ".app",
                   "{application, " + name + ", [{vsn, \"1.0\"}, " + keys + "]}.");
    return Dependent{name, {Atom{name}, "1.0", ebin}, {{"n1"}}};
  };
  (void)installed("pkg", "{applications, [kernel]}");
  const Dependent user = installed("user", "{applications, [kernel, pkg]}");
  const Dependent top = installed("top", "{applications, [user]}");
  const Dependent outer = installed("outer", "{applications, [top]}, {included_applications, [pkg]}");
  (void)installed("other", "{applications, [kernel]}");
  host.installed("broken", "all", "", "broken.erlrc");
  Streams streams;
  const DpkgFacts facts(patience);
  Snapshot snapshot = facts.load(Moment::about_to_remove, {}, streams);
  CHECK(snapshot.dependents.empty());
  facts.look_up({}, snapshot);
  CHECK(snapshot.dependents == std::vector{outer, top, user});

  // Only what could not be started in this run.
  CHECK(facts.load(Moment::configured, {}, streams).dependents.empty());
  add_run_note(failed_starts, "user");
  CHECK(facts.load(Moment::configured, {}, streams).dependents == std::vector{user});
}

TEST_CASE("a version of another package is known as such") {
  Host host;
  host.installed("pkg", "all", "", "pkg.erlrc");
  host.installed("lib", "amd64", "Multi-Arch: same\n", "lib:amd64.erlrc");
  host.installed("broken", "all", "", "broken.erlrc");
  host.dir.write("info/broken.erlrc", "nonsense");
  const DpkgFacts facts(patience);
  CHECK(facts.is_of_another(Atom{"lib"}, "1.0"));
  CHECK(!facts.is_of_another(Atom{"lib"}, "1.1"));
  CHECK(!facts.is_of_another(Atom{"pkg"}, "1.0"));
}

TEST_CASE("a package that is only unpacked is not taken for a configured one") {
  struct Row {
    std::string status, fields;
    bool unpacked;
  };
  for (const Row& row : {Row{"unpacked", "", true},
                         {"half-configured", "Config-Version: 0.9\n", false},
                         {"triggers-awaited", "Triggers-Awaited: other\n", false},
                         {"triggers-pending", "Triggers-Pending: /x\n", false},
                         {"installed", "", false}}) {
    Host host;
    host.installed("pkg", "all", row.fields, "pkg.erlrc", row.status);
    Snapshot snapshot;
    DpkgFacts(patience).look_up({}, snapshot);
    REQUIRE(snapshot.packages->contains("pkg"));
    CHECK(snapshot.packages->at("pkg").unpacked == row.unpacked);
  }
}

TEST_CASE("an archive whose package is named like a path is not looked into") {
  Host host;
  host.installed("pkg", "all", "", "pkg.erlrc");
  Snapshot snapshot;
  snapshot.package = "pkg";
  for (const char* name : {"good", "../../precious"}) {
    const std::string control = "Package: " + std::string(name) + "\nVersion: 2\nArchitecture: all\n";
    const auto file = host.dir.write(std::to_string(snapshot.archives.size()) + ".deb",
                                     deb({{"./control", control}, {"./erlrc", "a 2 /a\n"}}, {}));
    snapshot.archives.push_back({file.string()});
  }
  const DpkgFacts facts(patience);
  facts.look_up({}, snapshot);
  facts.open_archives({}, snapshot);
  REQUIRE(snapshot.archives[0].relations);
  CHECK(snapshot.archives[0].relations->name == "good");
  CHECK(!snapshot.archives[1].relations);
}

TEST_CASE("the name of an archive's file never becomes an option of dpkg-query") {
  Host host;
  host.installed("pkg", "all", "", "pkg.erlrc");
  Snapshot snapshot;
  snapshot.archives.push_back({"/--help_1.deb"});
  DpkgFacts(patience).look_up({}, snapshot);
  CHECK(snapshot.packages->contains("pkg"));
  CHECK(query_packages(host.dir.path(), {"--help", "pkg"}, after(patience)).starts_with("Package: pkg\n"));
}
