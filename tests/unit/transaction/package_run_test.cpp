// SPDX-License-Identifier: BSD-3-Clause
#include "catch.hpp"
#include "dpkg_run_values.hpp"

using namespace erlrc;
using namespace erlrc::test;
using State = RunRecord::State;
using How = Execute::How;
using Actions = PackageActions;

// The rows of the table in package_run.hpp, for a package that is upgraded alone, installed or removed.

TEST_CASE("nodes do not change before the new version of a package is unpacked") {
  CHECK(next({}, Called{}, alone(Moment::about_to_unpack)) == Actions{Exit{}});
}

TEST_CASE("old files that the new ones overwrite are backed up first") {
  Snapshot snapshot = alone(Moment::about_to_unpack);
  snapshot.unpacking->apps.front().location = at("app", "1").location;
  CHECK(next({}, Called{}, snapshot) == Actions{BackUp{"app", {at("app", "1")}}, Exit{}});
}

TEST_CASE("a package without hooks is adopted: it is backed up, and upgraded when it is configured") {
  Snapshot snapshot = alone(Moment::about_to_unpack);
  snapshot.installed.reset();
  snapshot.listed = {at("app", "1")};
  CHECK(next({}, Called{}, snapshot) == Actions{BackUp{"app", {at("app", "1")}}, Exit{}});

  snapshot = alone(Moment::both_on_disk);
  snapshot.installed.reset();
  CHECK(next({}, Called{}, snapshot) == Actions{Exit{}});

  snapshot = alone(Moment::configured);
  const PackagedApp old = backup_of("app");
  snapshot.backups = {{"app", {old}}};
  CHECK(next({}, Called{}, snapshot) == Actions{Execute{{up("app", at("app", "2"), old)}, How::each},
                                                Execute{{start("app", "2")}, How::all_or_none, true}});
  CHECK(next({}, Executed{}, snapshot) == Actions{LookUp{}});
  snapshot.packages = {{"app", {relations("app", "2"), "all", false, member("app", "2")}}};
  snapshot.answers = {{{Ask::What::needs_backup, {start("app", "2")}}, false}};
  CHECK(next({}, Executed{}, snapshot) == Actions{DropBackup{"app"}, Exit{}});
  CHECK(next({}, Executed{0, false}, snapshot) == Actions{Exit{1}});
}

TEST_CASE("a package that was not managed before is not adopted") {
  Snapshot snapshot = alone(Moment::about_to_unpack);
  snapshot.installed->policy = PackagePolicy::leave;
  CHECK(next({}, Called{}, snapshot) == Actions{Exit{}});
}

TEST_CASE("an upgrade is recorded before a node is changed, and closed when it is done") {
  const Snapshot snapshot = alone(Moment::both_on_disk);
  CHECK(next({}, Called{}, snapshot) ==
        Actions{Store{alone_record(State::trying)}, Execute{{up("app")}, How::all_or_none, true}});
  CHECK(next(alone_record(State::trying), Executed{}, snapshot) ==
        Actions{Store{alone_record(State::done, true)}, Exit{}});
}

TEST_CASE("an upgrade that a node refuses is refused until the end of the run") {
  const RunRecord refused = failed(alone_record(State::trying), "app could not be upgraded", true);
  CHECK(next(alone_record(State::trying), Executed{1}, alone(Moment::both_on_disk)) ==
        Actions{Store{refused}, DropStaged{"app"}, named("app could not be upgraded"), Exit{1}});
  CHECK(next(refused, Called{}, alone(Moment::both_on_disk_again)) ==
        Actions{Refuse{"app could not be upgraded"}});
  CHECK(next(refused, Called{}, alone(Moment::unpack_failed)) == Actions{Exit{}});
  CHECK(next(refused, Called{}, alone(Moment::old_files_restored)) == Actions{Exit{}});
  Snapshot snapshot = alone(Moment::given_up);
  CHECK(next(refused, Called{}, snapshot) == Actions{DropAllStaged{}, Store{}, Exit{}});
}

TEST_CASE("an upgrade after which a node is not as before is rolled back again by the next calls") {
  const RunRecord broken = failed(alone_record(State::trying), "app could not be upgraded");
  CHECK(next(alone_record(State::trying), Executed{3}, alone(Moment::both_on_disk)) ==
        Actions{Store{broken}, DropStaged{"app"}, named("app could not be upgraded"), Exit{3}});
  CHECK(next(broken, Called{}, alone(Moment::unpack_failed)) ==
        Actions{back("app", up("app"), PackagedApps{at("app", "2")}), Exit{}});
  const Snapshot snapshot = alone(Moment::given_up);
  CHECK(next(broken, Called{}, snapshot) == Actions{DropAllStaged{}, Store{}});
  CHECK(next({}, Called{}, snapshot) == Actions{Execute{{start("app", "1")}, How::all_or_none, true}});
}

TEST_CASE("an upgrade whose call was killed is tried again, and rolled back as a whole if that fails") {
  const Snapshot snapshot = alone(Moment::both_on_disk_again);
  CHECK(next(alone_record(State::trying), Called{}, snapshot) ==
        Actions{Store{alone_record(State::trying_again)}, Execute{{up("app")}, How::all_or_none, true}});
  CHECK(next(alone_record(State::trying_again), Executed{1}, snapshot) ==
        Actions{back("app", up("app"), {}),
                Store{failed(alone_record(State::trying_again), "app could not be upgraded")},
                DropStaged{"app"}, named("app could not be upgraded"), Exit{1}});
}

TEST_CASE("the backup of a package that the preflight skipped is dropped") {
  Snapshot snapshot = alone(Moment::both_on_disk);
  snapshot.skipped = {"app"};
  snapshot.backups = {{"app", {at("app", "1")}}};
  const Skip skip{"preflight is leave, and no node can do its upgrade"};
  CHECK(next({}, Called{}, snapshot) == Actions{DropBackup{"app"}, skip});
  snapshot.moment = Moment::configured;
  CHECK(next({}, Called{}, snapshot) == Actions{DropBackup{"app"}, skip});
}

TEST_CASE("unrelated packages do not change each other's group in the record") {
  RunRecord record = set_record(State::done, true);
  const Snapshot snapshot = alone(Moment::both_on_disk, "other");
  const Actions actions = next(record, Called{}, snapshot);
  const RunRecord& stored = std::get<Store>(actions.front()).record;
  REQUIRE(stored.groups.size() == 2);
  CHECK(stored.groups.front() == record.groups.front());
  const Actions after = next(stored, Executed{1}, snapshot);
  CHECK(std::get<Store>(after.front()).record.groups.front() == record.groups.front());
}

TEST_CASE("a package that is removed is stopped, and its backup is dropped with its files") {
  Snapshot snapshot = alone(Moment::about_to_remove);
  snapshot.archives.clear();
  snapshot.backups = {{"app", {at("app", "1")}}};
  const Execute stop{{reversed(start("app", "1"))}, How::all_or_none, true};
  CHECK(next({}, Called{}, snapshot) == Actions{stop});
  CHECK(next({}, Executed{1}, snapshot) ==
        Actions{Note{Note::What::refused_removal}, continues("app"), Exit{}});
  CHECK(next({}, Executed{3}, snapshot) == Actions{Exit{3}});
  snapshot.moment = Moment::removed;
  CHECK(next({}, Called{}, snapshot) == Actions{stop});
  CHECK(next({}, Executed{1}, snapshot) == Actions{continues("app"), Exit{}});
  snapshot.moment = Moment::forgotten;
  CHECK(next({}, Called{}, snapshot) == Actions{LookUp{}});
  snapshot.packages.emplace();
  CHECK(next({}, Called{}, snapshot) == Actions{DropBackup{"app"}, Exit{}});
  snapshot.moment = Moment::stays_installed;
  CHECK(next({}, Called{}, snapshot) == Actions{Execute{{start("app", "1")}, How::all_or_none, true}});
}

TEST_CASE("what needs an application is stopped before it, if it is removed in the same run") {
  Snapshot snapshot = alone(Moment::about_to_remove);
  snapshot.archives.clear();
  snapshot.hooked = {"app", "user"};
  snapshot.packages = {{"app", {relations("app", "1"), "all", false, member("app", "1")}},
                       {"user", {relations("user", "1"), "all", false, member("user", "1")}}};
  snapshot.dependents = {{"user", at("user", "1"), {{"n1"}}}};
  const Request own = reversed(start("app", "1"));
  const std::vector<Request> others = for_nodes({{"n1"}}, {reversed(start("user", "1"))});
  snapshot.dependents.front().removed = true;
  CHECK(next({}, Called{}, snapshot) ==
        Actions{Execute{others, How::each}, Execute{{own}, How::all_or_none, true}});
  // Another package has it, too.
  snapshot.packages->insert({"bundle", {relations("bundle", "1"), "all", false, member("user", "1")}});
  CHECK(next({}, Called{}, snapshot) == Actions{Execute{{own}, How::all_or_none, true}});
  snapshot.packages->erase("bundle");

  // It stays.
  snapshot.dependents.front().removed = false;
  const Ask question{Ask::What::would_change, others};
  CHECK(next({}, Called{}, snapshot) == Actions{question});
  snapshot.answers = {{question, true}};
  CHECK(next({}, Called{}, snapshot) == Actions{Warn{"app: nodes keep running user 1, which needs it"},
                                                Execute{{own}, How::all_or_none, true}});
  snapshot.moment = Moment::removed;
  CHECK(next({}, Called{}, snapshot) == Actions{Execute{{own}, How::all_or_none, true}});
}

TEST_CASE("what could not be started before what it needs is started then") {
  Snapshot snapshot = alone(Moment::configured);
  snapshot.archives.clear();
  CHECK(next({}, Executed{1}, snapshot) == Actions{Note{Note::What::failed_start}, continues("app"), Exit{}});
  // Each before those that it needs.
  snapshot.dependents = {{"top", at("top", "1")}, {"user", at("user", "1")}};
  const Execute own{{start("app", "2")}, How::all_or_none, true};
  CHECK(next({}, Called{}, snapshot) ==
        Actions{own, Execute{{start("user", "1"), start("top", "1")}, How::each}});
  snapshot.desired = std::set<Atom>{Atom{"app"}, Atom{"user"}};
  CHECK(next({}, Called{}, snapshot) == Actions{own, Execute{{start("user", "1")}, How::each}});
}

TEST_CASE("what nodes have refused before a removal is not tried again after it") {
  Snapshot snapshot = alone(Moment::removed);
  snapshot.archives.clear();
  snapshot.removal_refused = true;
  CHECK(next({}, Called{}, snapshot) == Actions{Exit{}});
  // A backup that no node needs is dropped all the same.
  snapshot.backups = {{"app", {backup_of("app")}}};
  CHECK(next({}, Called{}, snapshot) == Actions{LookUp{}});
}

TEST_CASE("a node that was not changed does not keep a package from being configured") {
  const Moment moment = GENERATE(Moment::configured, Moment::given_up, Moment::stays_installed);
  Snapshot snapshot = alone(moment);
  snapshot.backups = {{"app", {backup_of("app")}}};
  Actions actions{continues("app"), Exit{}};
  if (moment == Moment::configured) actions.insert(actions.begin(), Note{Note::What::failed_start});
  CHECK(next({}, Executed{1}, snapshot) == actions);
  CHECK(next({}, Executed{3}, snapshot).back() == PackageAction{Exit{3}});
}

TEST_CASE("a removal leaves an application that another package ships, too, in that package's version") {
  Snapshot snapshot = alone(Moment::about_to_remove);
  snapshot.archives.clear();
  snapshot.hooked = {"app", "other"};
  CHECK(next({}, Called{}, snapshot) == Actions{LookUp{}});
  snapshot.packages = {{"app", {relations("app", "1"), "all", false, member("app", "1")}},
                       {"other", {relations("other", "7"), "all", false, member("app", "2")}}};
  Request change = up("app");
  std::get<Request::Change>(change.what).start = false;
  snapshot.answers = {{{Ask::What::would_change, {reversed(start("app", "1"))}}, false}};
  CHECK(next({}, Called{}, snapshot) == Actions{Execute{{change}, How::all_or_none}});
  snapshot.packages->at("other").half_installed = true;
  CHECK(next({}, Called{}, snapshot) ==
        Actions{Execute{{reversed(start("app", "1"))}, How::all_or_none, true}});
}

TEST_CASE("if the new version has no hooks, nodes upgrade to a version that is found, else it is a warning") {
  Snapshot snapshot = alone(Moment::both_on_disk);
  snapshot.unpacking.reset();
  const Ask question{Ask::What::would_change, {reversed(start("app", "1"))}};
  CHECK(next({}, Called{}, snapshot) == Actions{question});
  snapshot.answers = {{question, true}};
  CHECK(next({}, Called{}, snapshot) ==
        Actions{Warn{"app: the new version has no hooks: nodes that run app 1 keep running it until they are "
                     "restarted"},
                Exit{}});
  snapshot.neighbours = {{Atom{"app"}, at("app", "2")}};
  CHECK(next({}, Called{}, snapshot) ==
        Actions{Execute{{up("app")}, How::each}, Execute{{start("app", "2")}, How::each}, Exit{}});
}
