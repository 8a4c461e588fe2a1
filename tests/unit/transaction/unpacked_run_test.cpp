// SPDX-License-Identifier: BSD-3-Clause
#include "catch.hpp"

#include <algorithm>

#include "rpm_run_values.hpp"

using namespace erlrc;
using namespace erlrc::test;
using State = RunRecord::State;
using How = Execute::How;
using Actions = PackageActions;
using Package = RunRecord::Package;

// The rows of the table in src/transaction/unpacked_run.hpp: the packages lib and app, each with one
// application of its name; version 2 of app needs version 2 of lib.

namespace {

Archive unpacked(const std::string& name) {
  return {"", relations(name, "2"), member(name, "2")};
}

Request up(const std::string& name) {
  const PackagedApp from = at(name, "1"), to = at(name, "2");
  return {Atom{name},
          Request::Change{.from = {from.vsn, from.location}, .to = {to.vsn, to.location}, .start = false}};
}

Request stop(const std::string& name) {
  return {Atom{name}, Request::Stop{{"1", at(name, "1").location}}};
}

/// The %preun of this package's version 1, when both packages have their two versions on disk.
Snapshot preun(const std::string& package) {
  Snapshot snapshot;
  snapshot.moment = Moment::run_unpacked;
  snapshot.run = kRun;
  snapshot.package = package;
  snapshot.hooked = {"app", "lib"};
  snapshot.opened = true;
  snapshot.packages = {{"app", installed("app", "1")}, {"lib", installed("lib", "1")}};
  snapshot.archives = {unpacked("app"), unpacked("lib")};
  return snapshot;
}

/// The %posttrans, with these versions installed.
Snapshot posttrans(const std::string& app, const std::string& lib) {
  Snapshot snapshot = preun("app");
  snapshot.moment = Moment::run_ended;
  snapshot.archives.clear();
  snapshot.packages = {{"app", installed("app", app)}, {"lib", installed("lib", lib)}};
  return snapshot;
}

RunRecord record(State state, std::vector<Package> packages, const std::string& because = "") {
  return {kRun, {{state, because, std::move(packages), false, true}}};
}

const std::vector<Package> kAnnounced{{"app", "1", "2"}, {"lib", "1", "2"}};
const std::vector<Package> kFollowing{{"lib", "1", "2", {up("lib")}}, {"app", "1", "2", {up("app")}}};

const std::pair<Ask, bool> kLibIsCurrent{{Ask::What::needs_restart, {start("lib", "1")}}, false};

const Warn kBoth{"both versions stay installed, and nodes run the old ones: app, lib"};
const Warn kWayOut{
    "`dnf history undo last` or `rpm --erase app-2 lib-2` removes the new ones; to keep them instead, "
    "restart "
    "the nodes and erase the old ones"};

}  // namespace

TEST_CASE("before a package is unpacked, its old files are backed up, and the package is recorded") {
  Snapshot snapshot;
  snapshot.moment = Moment::run_unpacks;
  snapshot.run = kRun;
  snapshot.package = "lib";
  snapshot.unpacking_relations = {"lib", "2"};
  CHECK(next({}, Called{}, snapshot) == Actions{OpenArchives{}});
  snapshot.opened = true;
  snapshot.packages = {{"lib", installed("lib", "1")}};
  const RunRecord one = record(State::unpacking, {{"lib", "1", "2"}});
  CHECK(next({}, Called{}, snapshot) == Actions{BackUp{"lib", {at("lib", "1")}}, Store{one}, Exit{}});

  snapshot.package = "app";
  snapshot.unpacking_relations = {"app", "2"};
  snapshot.packages->clear();
  const RunRecord two = record(State::unpacking, {{"lib", "1", "2"}, {"app", "", "2"}});
  CHECK(next(one, Called{}, snapshot) == Actions{Store{two}, Exit{}});
}

TEST_CASE("the first old version that is to be removed upgrades all packages of the run as one set") {
  CHECK(next(record(State::unpacking, kAnnounced), Called{}, preun("app")) ==
        Actions{Store{record(State::trying, kFollowing)},
                Execute{{up("lib"), up("app")}, How::all_or_none, true}});
  CHECK(next(record(State::trying, kFollowing), Executed{}, preun("app")) ==
        Actions{Store{record(State::done, kFollowing)}, Exit{}});
  CHECK(next(record(State::done, kFollowing), Called{}, preun("lib")) == Actions{Exit{}});
}

TEST_CASE("if a node refuses, all old versions stay, and the way out is named once") {
  const std::string because = "app could not be upgraded";
  const RunRecord failed = record(State::failed, kFollowing, because);
  CHECK(next(record(State::trying, kFollowing), Executed{1, true, up("app")}, preun("app")) ==
        Actions{Store{failed}, kBoth, kWayOut, Exit{1}});
  CHECK(next(failed, Called{}, preun("lib")) == Actions{Refuse{because}});
  // The new versions are not started.
  CHECK(next(failed, Called{}, posttrans("2", "2")) == Actions{DropAllStaged{}, Store{}, nothing_to_start});
}

TEST_CASE("a node that could not be rolled back after a refusal is rolled back once more") {
  const Actions actions = next(record(State::trying, kFollowing), Executed{3, true}, preun("app"));
  CHECK(actions.at(0) == PackageAction(RollBack{"app", {reversed(up("app"))}, {}}));
  CHECK(actions.at(1) == PackageAction(RollBack{"lib", {reversed(up("lib"))}, {}}));
  CHECK(actions.back() == PackageAction(Exit{3}));
}

TEST_CASE("a call that was killed while nodes were asked is rolled back by the next one, which fails") {
  const Actions actions = next(record(State::trying, kFollowing), Called{}, preun("lib"));
  const std::string because = "an earlier call of this transaction was killed";
  CHECK(actions ==
        Actions{RollBack{"app", {reversed(up("app"))}, {}}, RollBack{"lib", {reversed(up("lib"))}, {}},
                Store{record(State::failed, kFollowing, because)}, Warn{because},
                Warn{"both versions stay installed, and nodes run the old ones: lib, app"},
                Warn{"`dnf history undo last` or `rpm --erase lib-2 app-2` removes the new ones; to keep "
                     "them instead, restart the nodes and erase the old ones"},
                Exit{1}});
}

TEST_CASE("where only versions are removed, each is a set of its own, and nothing is left of it") {
  Snapshot snapshot = preun("lib");
  snapshot.archives = {unpacked("lib")};
  RunRecord trying = record(State::trying, {{"lib", "1", "2", {up("lib")}}});
  trying.groups.front().alone = true;
  CHECK(next({}, Called{}, snapshot) == Actions{Store{trying}, Execute{{up("lib")}, How::all_or_none, true}});
  CHECK(next(trying, Executed{}, snapshot) == Actions{Store{}, Exit{}});
}

TEST_CASE("where only versions are removed that no node runs, nothing is recorded") {
  Snapshot snapshot = preun("app");
  snapshot.archives = {unpacked("app")};  // both versions of lib stay
  snapshot.answers = {kLibIsCurrent, {{Ask::What::would_change, {up("app")}}, false}};
  CHECK(next({}, Called{}, snapshot) == Actions{Exit{}});
}

TEST_CASE("a package whose new version needs what did not come stays, if a node runs it") {
  Snapshot snapshot = preun("app");
  snapshot.archives = {unpacked("app")};
  const RunRecord announced = record(State::unpacking, kAnnounced);
  const Ask question{Ask::What::would_change, {up("app")}};
  CHECK(next(announced, Called{}, snapshot) == Actions{kLibIsCurrent.first});
  snapshot.answers = {kLibIsCurrent};
  CHECK(next(announced, Called{}, snapshot) == Actions{question});
  snapshot.answers = {kLibIsCurrent, {question, true}};
  const Actions refused = next(announced, Called{}, snapshot);
  CHECK(refused.at(1) == PackageAction(Warn{"app 2 needs lib (>= 2), and lib is 1"}));
  CHECK(refused.at(2) ==
        PackageAction(Warn{"both versions stay installed, and nodes run the old ones: app"}));
  CHECK(refused.back() == PackageAction(Exit{1}));
  snapshot.answers = {kLibIsCurrent, {question, false}};
  CHECK(next(announced, Called{}, snapshot) ==
        Actions{Warn{"app: skipped until the nodes are restarted: app 2 needs lib (>= 2), and lib is 1"},
                Store{record(State::done, {{"app"}, {"lib"}})}});
}

TEST_CASE("a package that needs one with another policy is skipped, and its files are replaced") {
  Snapshot snapshot = preun("app");
  snapshot.packages->at("lib").member->policy = PackagePolicy::leave;
  snapshot.answers = {kLibIsCurrent};
  CHECK(next(record(State::unpacking, kAnnounced), Called{}, snapshot) ==
        Actions{Warn{"app: skipped until the nodes are restarted: app 2 needs lib (>= 2), and lib is 1"},
                Store{record(State::done, {{"app"}, {"lib"}})}});
}

TEST_CASE("at the end, what has come is started") {
  const Actions actions = next(record(State::done, kFollowing), Called{}, posttrans("2", "2"));
  CHECK(actions.back() == PackageAction(Execute{{start("lib", "2"), start("app", "2")}, How::each, true}));
  // Nothing was replaced: no %preun has been called.
  const Actions first = next(record(State::unpacking, {{"lib", "", "2"}}), Called{}, posttrans("1", "2"));
  CHECK(first.back() == PackageAction(Execute{{start("lib", "2")}, How::each, true}));
}

TEST_CASE("an old version without scriptlets is upgraded from its backup, in the set or at the end") {
  PackagedApp backup = at("lib", "1");
  backup.location = Location::backed_up(backup.location.in_path, "/backups/lib/lib");
  Request change = up("lib");
  version_before(change)->location = backup.location;

  Snapshot snapshot = preun("app");
  snapshot.backups = {{"lib", {backup}}};
  snapshot.packages->at("lib").member.reset();
  snapshot.packages->at("lib").listed = {backup};
  CHECK(std::get<Execute>(next(record(State::unpacking, kAnnounced), Called{}, snapshot).back()).requests ==
        std::vector<Request>{change, up("app")});

  snapshot = posttrans("1", "2");
  snapshot.backups = {{"lib", {backup}}};
  std::get<Request::Change>(change.what).start = true;
  const Actions actions = next(record(State::unpacking, {{"lib", "1", "2"}}), Called{}, snapshot);
  CHECK(actions.back() == PackageAction(Execute{{change, start("lib", "2")}, How::each, true}));
  CHECK(std::ranges::find(actions, PackageAction(DropBackup{"lib"})) == actions.end());
}

TEST_CASE("a package of which no version stays is stopped, after the others of the run have changed") {
  Snapshot snapshot = preun("app");
  snapshot.removed = {"app"};
  snapshot.archives = {unpacked("lib")};
  const RunRecord announced = record(State::unpacking, {{"lib", "1", "2"}});
  const RunRecord lib = record(State::trying, {{"lib", "1", "2", {up("lib")}}});
  CHECK(next(announced, Called{}, snapshot) ==
        Actions{Store{lib}, Execute{{up("lib")}, How::all_or_none, true}});
  RunRecord done = lib;
  done.groups.front().state = State::done;
  CHECK(next(lib, Executed{}, snapshot) == Actions{Store{done}});
  RunRecord removing = done;
  removing.groups.push_back({State::trying, "", {{"app", "1", "", {stop("app")}, false, true}}, false, true});
  CHECK(next(done, Called{}, snapshot) ==
        Actions{Store{removing}, Execute{{stop("app")}, How::all_or_none, true}});
  RunRecord removed = removing;
  removed.groups.back().state = State::done;
  CHECK(next(removing, Executed{}, snapshot) == Actions{Store{removed}, Exit{}});
  CHECK(next(removing, Executed{1}, snapshot) ==
        Actions{Store{done}, Warn{"app: rpm continues, since the failure has changed no node"}, Exit{}});
  CHECK(next(removing, Executed{3}, snapshot) == Actions{Store{done}, Exit{3}});
}

TEST_CASE("an application that another installed package ships is changed to that, not stopped") {
  Snapshot snapshot = preun("app");
  snapshot.removed = {"app"};
  snapshot.archives.clear();
  snapshot.packages->at("lib").member = member("app", "2");
  CHECK(std::get<Execute>(next({}, Called{}, snapshot).back()).requests == std::vector<Request>{up("app")});
}

TEST_CASE("scriptlets do nothing in a run of which a plugin has reported the whole") {
  RunRecord plugin = record(State::done, kFollowing);
  plugin.groups.front().unpacked = false;
  Snapshot snapshot = preun("app");
  CHECK(next(plugin, Called{}, snapshot) == Actions{Exit{}});
  snapshot.moment = Moment::run_unpacks;
  CHECK(next(plugin, Called{}, snapshot) == Actions{Exit{}});
}

TEST_CASE("rpm was killed: the next call ends the run, and names the way out where both versions are there") {
  Snapshot snapshot = posttrans("2", "2");
  snapshot.moment = Moment::run_recovered;
  snapshot.run = "4712 1";
  for (auto& [name, package] : *snapshot.packages)
    package.others = {installed(name, "1")};
  CHECK(next(record(State::unpacking, kAnnounced), Called{}, snapshot) ==
        Actions{kBoth, kWayOut, DropAllStaged{}, Store{}, nothing_to_start});
  const Actions actions = next(record(State::trying, kFollowing), Called{}, snapshot);
  CHECK(actions.at(0) == PackageAction(RollBack{"app", {reversed(up("app"))}, {}}));
  CHECK(actions.at(1) == PackageAction(RollBack{"lib", {reversed(up("lib"))}, {}}));
  CHECK(actions.back() == PackageAction(nothing_to_start));
}

TEST_CASE("the record of another process does not stop a scriptlet: rpm runs one transaction at a time") {
  Snapshot snapshot = preun("app");
  snapshot.run = "4712 1";
  snapshot.recorded_run_lives = true;
  const Actions actions = next(record(State::failed, kFollowing, "reason"), Called{}, snapshot);
  CHECK(actions == Actions{DropAllStaged{}, Store{}, nothing_to_start});
}

TEST_CASE("a process that runs a second transaction ends the first, which had no %posttrans") {
  Snapshot snapshot = posttrans("1", "1");
  snapshot.moment = Moment::run_unpacks;
  CHECK(next(record(State::failed, kFollowing, "reason"), Called{}, snapshot) ==
        Actions{DropAllStaged{}, Store{}, nothing_to_start});
}

TEST_CASE("a backup stays after a failure only if the new files have taken the place of the old ones") {
  PackagedApp same = at("lib", "1");
  same.location = Location::backed_up("/l/lib/ebin", "/backups/lib/lib");
  PackagedApp next_to = at("app", "1");
  next_to.location = Location::backed_up(next_to.location.in_path, "/backups/app/app");
  Snapshot snapshot = posttrans("2", "2");
  snapshot.packages->at("lib").member->apps.front().location = Location("/l/lib/ebin");
  for (auto& [name, package] : *snapshot.packages)
    package.others = {installed(name, "1")};
  snapshot.packages->at("lib").others.front().member->apps.front().location = Location("/l/lib/ebin");
  snapshot.backups = {{"lib", {same}}, {"app", {next_to}}};
  CHECK(next(record(State::failed, kFollowing, "reason"), Called{}, snapshot) ==
        Actions{DropBackup{"app"}, DropAllStaged{}, Store{}, nothing_to_start});
  // The new version did not come.
  snapshot.packages->at("lib").others.clear();
  const Actions actions = next(record(State::failed, kFollowing, "reason"), Called{}, snapshot);
  CHECK(std::ranges::find(actions, PackageAction(DropBackup{"lib"})) != actions.end());
}

TEST_CASE("of a package that rpm has twice, what nodes run is announced as the old version") {
  Snapshot snapshot = preun("lib");
  snapshot.moment = Moment::run_unpacks;
  snapshot.unpacking_relations = relations("lib", "3");
  snapshot.packages = {{"lib", installed("lib", "1")}};
  snapshot.packages->at("lib").others = {installed("lib", "2")};
  snapshot.archives.clear();
  const Ask first{Ask::What::needs_backup, {start("lib", "1")}};
  const Ask second{Ask::What::needs_backup, {start("lib", "2")}};
  CHECK(next({}, Called{}, snapshot) == Actions{first});
  snapshot.answers = {{first, true}, {second, false}};
  CHECK(next({}, Called{}, snapshot) == Actions{BackUp{"lib", {at("lib", "2")}},
                                                Store{record(State::unpacking, {{"lib", "2", "3"}})},
                                                Exit{}});
}
