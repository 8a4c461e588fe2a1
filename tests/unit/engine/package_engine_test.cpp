// SPDX-License-Identifier: BSD-3-Clause
#include <erlrc/engine/package_engine.hpp>

#include "catch.hpp"
#include "temp_dir.hpp"

#include <erlrc/engine/package_facts.hpp>
#include <erlrc/sys/file.hpp>

using namespace erlrc;
using test::ScopedEnvironment;
using test::TempDir;

// Runs of rpm in which a node cannot be asked: its entry cannot be read.

namespace {

constexpr const char* kFrom = "/l/lib-1/ebin";
constexpr const char* kTo = "/l/lib-2/ebin";

PackageRelations lib(const std::string& vsn) {
  return {"lib", vsn};
}

ControlMember member(const std::string& vsn, const std::string& directory) {
  return {{{Atom{"lib"}, vsn, directory}}, PackagePolicy::hot, {}};
}

/// rpm's database has the version 1 of lib.
struct Facts : PackageFacts {
  std::string record_name() const override { return "rpm"; }
  std::string advice(const std::string&) const override { return ""; }
  bool restarts_services() const override { return false; }
  Snapshot load(Moment moment, const Site&, Streams&) const override {
    Snapshot snapshot;
    snapshot.moment = moment;
    snapshot.run = "77778 1";
    snapshot.hooked = {"lib"};
    if (moment == Moment::run_begins) snapshot.archives = {{"/lib.rpm"}};
    return snapshot;
  }
  void look_up(const RunRecord& record, Snapshot& snapshot) const override {
    looked_up.push_back(record.groups.empty() ? "" : record.groups.front().packages.front().name);
    snapshot.packages = {{"lib", {lib("1"), "noarch", false, member("1", kFrom), {}}}};
  }
  void open_archives(const RunRecord&, Snapshot& snapshot) const override {
    snapshot.opened = true;
    for (Archive& archive : snapshot.archives)
      archive = {archive.path, lib("2"), hooked ? std::optional(member("2", kTo)) : std::nullopt};
  }
  bool extract(const std::filesystem::path&, const std::filesystem::path&) const override { return true; }

  mutable std::vector<std::string> looked_up;  ///< the first package of each record for which it was
  bool hooked = true;                          ///< the archive has a control member
};

/// A host on which a run has died after nodes were upgraded to version 2 of lib, which did not come.
struct Host {
  Host() : run("ERLRC_RUN", (dir / "run").c_str()), state("ERLRC_STATE", (dir / "state").c_str()) {
    RunRecord::Group group;
    group.state = RunRecord::State::done;
    group.packages = {
        {"lib", "1", "2", {{Atom{"lib"}, Request::Change{Direction::up, {"1", kFrom}, {"2", kTo}}}}}};
    dir.write("run/rpm", encode_run_record({"77777 1", {group}}));
    dir.write("state/staged/lib/x", "");
    site.registry.bad = {{"n1", "cannot be read"}};
  }
  int call(Moment moment) {
    Streams streams;
    const int code = handle_call(moment, facts, site, {}, streams);
    err = streams.err;
    return code;
  }
  bool has_files() const { return file_status(dir / "run/rpm") && file_status(dir / "state/staged/lib/x"); }

  TempDir dir;
  ScopedEnvironment run, state;
  Site site;
  Facts facts;
  std::string err;
};

const std::string kWayOut = "`erlrc-hook rpm recover`";

}  // namespace

TEST_CASE("a recovery fails as long as a node cannot be asked, and what the node may run stays") {
  Host host;
  CHECK(host.call(Moment::run_recovered) == 1);
  CHECK(host.has_files());
  CHECK(host.err.find(kWayOut) != std::string::npos);
  CHECK(host.call(Moment::run_ended) == 0);
  CHECK(host.has_files());

  host.site.registry.bad.clear();
  CHECK(host.call(Moment::run_recovered) == 0);
  CHECK(!host.has_files());
}

TEST_CASE("a new transaction does not begin before an earlier one has ended on all nodes") {
  Host host;
  CHECK(host.call(Moment::run_begins) == 1);
  CHECK(host.has_files());
  CHECK(host.err.find("refused: an earlier transaction has not ended on all nodes") != std::string::npos);
}

TEST_CASE("facts that were looked up to end a run do not count for the next one") {
  Host host;
  host.site.registry.bad.clear();
  CHECK(host.call(Moment::run_begins) == 0);
  CHECK(host.facts.looked_up == std::vector<std::string>{"lib", ""});
}

TEST_CASE("a transaction that has nothing to do with nodes begins all the same") {
  Host host;
  host.facts.hooked = false;
  CHECK(host.call(Moment::run_begins) == 0);
  CHECK(host.has_files());
  CHECK(host.err.find(kWayOut) != std::string::npos);
}
