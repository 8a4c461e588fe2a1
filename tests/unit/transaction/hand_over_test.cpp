// SPDX-License-Identifier: BSD-3-Clause
#include "catch.hpp"
#include "dpkg_run_values.hpp"

using namespace erlrc;
using namespace erlrc::test;
using How = Execute::How;
using Actions = PackageActions;

// The package app, with the application app, is replaced by the package server, whose version 2 has it.

namespace {

Request stop() {
  return {Atom{"app"}, Request::Stop{{"1", at("app", "1").location}}};
}

Ask runs() {
  return {Ask::What::would_change, {stop()}};
}

/// The facts while dpkg removes app in favour of server, when all has been looked up, and a node runs app.
Snapshot removal(Moment moment) {
  Snapshot snapshot = alone(moment);
  snapshot.unpacking.reset();
  snapshot.archives = {{"server.deb", relations("server", "2"), member("app", "2")}};
  snapshot.packages = {{"app", {relations("app", "1"), "all", false, member("app", "1")}}};
  snapshot.opened = true;
  snapshot.answers = {{runs(), true}};
  return snapshot;
}

/// The same in a call of dpkg that APT makes to remove app only.
Snapshot removal_by_apt(Moment moment) {
  Snapshot snapshot = removal(moment);
  snapshot.archives.clear();
  snapshot.moves = {{Atom{"app"}, "server"}};
  return snapshot;
}

/// The facts when server is configured, and app is gone but for its backup.
Snapshot configuration() {
  Snapshot snapshot = alone(Moment::configured, "server");
  snapshot.installed = member("app", "2");
  snapshot.packages = {{"server", {relations("server", "2"), "all", false, member("app", "2")}}};
  snapshot.backups = {{"app", {backup_of("app")}}};
  return snapshot;
}

}  // namespace

TEST_CASE(
    "an application that another archive of the run has is backed up, not stopped, when its package is "
    "removed") {
  Snapshot snapshot = removal(Moment::about_to_remove);
  CHECK(next({}, Called{}, snapshot) ==
        Actions{BackUp{"app", {at("app", "1")}}, Execute{{}, How::all_or_none, true}});
  snapshot.opened = false;
  CHECK(next({}, Called{}, snapshot) == Actions{LookUp{}, OpenArchives{}});
}

TEST_CASE("so is one that moves in a run of APT") {
  CHECK(next({}, Called{}, removal_by_apt(Moment::about_to_remove)) ==
        Actions{BackUp{"app", {at("app", "1")}}, Execute{{}, How::all_or_none, true}});
}

TEST_CASE("nothing is backed up for another package where no node runs the application") {
  Snapshot snapshot = removal(Moment::about_to_remove);
  snapshot.answers = {{runs(), false}};
  CHECK(next({}, Called{}, snapshot) == Actions{Execute{{}, How::all_or_none, true}});
}

TEST_CASE("the backup stays when the files are gone, and at a purge") {
  const Actions nothing{Execute{{}, How::all_or_none, true}};
  CHECK(next({}, Called{}, removal(Moment::removed)) == nothing);
  CHECK(next({}, Called{}, removal_by_apt(Moment::removed)) == nothing);
  Snapshot purge = removal_by_apt(Moment::forgotten);
  purge.installed.reset();
  purge.backups = {{"app", {backup_of("app")}}};
  CHECK(next({}, Called{}, purge) == Actions{Exit{}});
  purge.moves.clear();
  CHECK(next({}, Called{}, purge) == Actions{DropBackup{"app"}, Exit{}});
}

TEST_CASE("an application that no other package of the run has is stopped") {
  Snapshot snapshot = removal(Moment::about_to_remove);
  snapshot.archives.front().member = member("other", "2");
  CHECK(next({}, Called{}, snapshot) == Actions{Execute{{stop()}, How::all_or_none, true}});
}

TEST_CASE("a version without hooks hands its applications over to the package that has them") {
  Snapshot snapshot = removal(Moment::both_on_disk);
  CHECK(next({}, Called{}, snapshot) == Actions{BackUp{"app", {at("app", "1")}}, Exit{}});
}

TEST_CASE("nodes change from the backup when the package that has taken over is configured") {
  const Snapshot snapshot = configuration();
  const Request change = up("app", at("app", "2"), backup_of("app"));
  CHECK(next({}, Called{}, snapshot) ==
        Actions{Execute{{change}, How::each}, Execute{{start("app", "2")}, How::all_or_none, true}});
  CHECK(next({}, Executed{}, snapshot) == Actions{DropBackup{"app"}, Exit{}});
}

TEST_CASE("the backup of a package that still has its applications is not taken over") {
  Snapshot snapshot = configuration();
  snapshot.packages->insert({"app", {relations("app", "1"), "all", false, member("app", "1")}});
  CHECK(next({}, Called{}, snapshot) == Actions{Execute{{start("app", "2")}, How::all_or_none, true}});
  snapshot.packages.reset();
  CHECK(next({}, Called{}, snapshot) == Actions{LookUp{}});
}

TEST_CASE("a backup that nodes run stays as it is when the application moves") {
  Snapshot snapshot = removal(Moment::about_to_remove);
  PackagedApp used = at("app", "1");
  used.location = Location("/backups/app/app");
  snapshot.backups = {{"app", {used}}};
  CHECK(next({}, Called{}, snapshot) == Actions{Execute{{}, How::all_or_none, true}});
}
