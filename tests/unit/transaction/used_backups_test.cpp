// SPDX-License-Identifier: BSD-3-Clause
#include "catch.hpp"
#include "dpkg_run_values.hpp"

using namespace erlrc;
using namespace erlrc::test;
using State = RunRecord::State;
using How = Execute::How;
using Actions = PackageActions;

// dpkg has version 2 of app unpacked, but nodes run version 1 from its backup, since what version 2 needs did
// not come.

namespace {

/// As UseBackup leaves it.
PackagedApp used() {
  return {Atom{"app"}, "1", "/backups/app/app"};
}

Snapshot rolled_back(Moment moment, const std::string& to) {
  Snapshot snapshot = alone(moment);
  snapshot.installed = member("app", "2");
  snapshot.unpacking = member("app", to);
  snapshot.backups = {{"app", {used()}}};
  snapshot.packages = {{"app", {relations("app", "2"), "all", true, member("app", "2")}}};
  return snapshot;
}

const Ask kRunsBackup{Ask::What::needs_backup, {start("app", "2")}};

}  // namespace

TEST_CASE("what nodes run from a backup is upgraded from there, also to a version that dpkg has unpacked") {
  const std::string to = GENERATE("3", "2", "1");
  const Actions actions = next({}, Called{}, rolled_back(Moment::both_on_disk, to));
  CHECK(actions.back() == PackageAction{Execute{{up("app", at("app", to), used())}, How::all_or_none, true}});
}

TEST_CASE("a backup that nodes run is not overwritten") {
  Snapshot snapshot = rolled_back(Moment::about_to_unpack, "2");
  snapshot.answers = {{kRunsBackup, true}};
  CHECK(next({}, Called{}, snapshot) == Actions{Exit{}});
  snapshot = both(Moment::both_on_disk);
  snapshot.backups = {{"app", {used()}}};
  CHECK(next(set_record(State::trying), Executed{}, snapshot) ==
        Actions{Store{set_record(State::done, true)}, Exit{}});
}

TEST_CASE("a backup that nodes no longer run, since they were restarted, is dropped before the upgrade") {
  Snapshot snapshot = rolled_back(Moment::about_to_unpack, "3");
  snapshot.packages.reset();
  CHECK(next({}, Called{}, snapshot) == Actions{LookUp{}});
  snapshot = rolled_back(Moment::about_to_unpack, "3");
  CHECK(next({}, Called{}, snapshot) == Actions{kRunsBackup});
  snapshot.answers = {{kRunsBackup, false}};
  CHECK(next({}, Called{}, snapshot) == Actions{DropBackup{"app"}});
}

TEST_CASE("a backup that a node needs is not overwritten by that of another version") {
  // All versions are in one directory. A node did not answer when version 2 came, and still runs version 1.
  Snapshot snapshot = alone(Moment::about_to_unpack);
  snapshot.installed = member("app", "2");
  snapshot.unpacking->apps = {{Atom{"app"}, "3", at("app", "2").location}};
  CHECK(next({}, Called{}, snapshot) == Actions{BackUp{"app", {at("app", "2")}}, Exit{}});
  snapshot.backups = {{"app", {backup_of("app")}}};
  CHECK(next({}, Called{}, snapshot) == Actions{LookUp{}});
  snapshot.packages = {{"app", {relations("app", "2"), "all", false, member("app", "2")}}};
  CHECK(next({}, Called{}, snapshot) == Actions{kRunsBackup});
  snapshot.answers = {{kRunsBackup, true}};
  CHECK(next({}, Called{}, snapshot) == Actions{Exit{}});
  snapshot.answers = {{kRunsBackup, false}};
  CHECK(next({}, Called{}, snapshot) == Actions{DropBackup{"app"}});

  // While others of its upgrade set are to come.
  snapshot = both(Moment::both_on_disk);
  CHECK(next(set_record(State::trying), Executed{}, snapshot).front() ==
        PackageAction{BackUp{"app", {at("app", "1")}}});
  snapshot.backups = {{"app", {{Atom{"app"}, "0", backup_of("app").location}}}};
  CHECK(next(set_record(State::trying), Executed{}, snapshot) ==
        Actions{Store{set_record(State::done, true)}, Exit{}});
}

TEST_CASE("a rollback does not use the backup of another version") {
  Snapshot snapshot = both(Moment::unpack_failed, "lib");
  snapshot.packages->at("app").relations = relations("app", "2", "lib (>= 2)");
  snapshot.backups = {{"app", {backup_of("app")}}};
  const auto uses = [](const Actions& actions) {
    return std::ranges::find(actions, PackageAction{UseBackup{"app"}}) != actions.end();
  };
  CHECK(uses(next(set_record(State::done, true), Called{}, snapshot)));
  snapshot.backups.at("app").front().vsn = "0";
  CHECK(!uses(next(set_record(State::done, true), Called{}, snapshot)));
}

TEST_CASE("a backup that this run may still need is not taken for one that nodes no longer run") {
  Snapshot snapshot = rolled_back(Moment::about_to_unpack, "3");
  snapshot.package = "lib";
  CHECK(next(set_record(State::done, true), Called{}, snapshot).back() == PackageAction{Exit{}});
}

TEST_CASE("the end of a run drops only backups of versions that nodes were changed from") {
  RunRecord record = set_record(State::done, true, true);
  Snapshot snapshot = both(Moment::configured);
  snapshot.backups = {{"app", {backup_of("app")}}};
  CHECK(next(record, Called{}, snapshot) == Actions{DropBackup{"app"}, DropAllStaged{}, Store{}});
  snapshot.backups.at("app").front().vsn = "0";
  CHECK(next(record, Called{}, snapshot) == Actions{DropAllStaged{}, Store{}});
}

TEST_CASE("a rollback reads what was backed up since from the backup, not from where the new files are") {
  RunRecord record = set_record(State::done);
  Snapshot snapshot = both(Moment::unpack_failed, "lib");
  snapshot.backups = {{"lib", {backup_of("lib")}}};
  const Request to_backup = up("lib", staged("lib"), backup_of("lib"));
  const PackageAction expected =
      back("lib", to_backup, PackagedApps{{Atom{"lib"}, "2", staged("lib").location.in_path}});
  CHECK(next(record, Called{}, snapshot).front() == expected);
  record.groups.front().state = State::failed;
  CHECK(next(record, Called{}, snapshot).front() == expected);
}
