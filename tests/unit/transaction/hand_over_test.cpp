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

/// What shows whether a node still needs a backup, when server has version 2.
Ask needs_backup(const std::string& app = "app") {
  return {Ask::What::needs_backup, {start(app, "2")}};
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

/// The same when server has been configured before, in another run, and has version 2 of the application.
Snapshot removal_after(Moment moment) {
  Snapshot snapshot = removal(moment);
  snapshot.archives.clear();
  snapshot.hooked = {"app", "server"};
  snapshot.packages->insert({"server", {relations("server", "2"), "all", false, member("app", "2")}});
  return snapshot;
}

/// From there to version 2 where app runs; nothing is started.
Request change_from(const PackagedApp& from) {
  Request change = up("app", at("app", "2"), from);
  std::get<Request::Change>(change.what).start = false;
  return change;
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
  Snapshot snapshot = configuration();
  const Request change = up("app", at("app", "2"), backup_of("app"));
  CHECK(next({}, Called{}, snapshot) ==
        Actions{Execute{{change}, How::each}, Execute{{start("app", "2")}, How::all_or_none, true}});
  CHECK(next({}, Executed{}, snapshot) == Actions{needs_backup()});
  snapshot.answers = {{needs_backup(), false}};
  CHECK(next({}, Executed{}, snapshot) == Actions{DropBackup{"app"}, Exit{}});
}

TEST_CASE("nodes change from each backup of the application") {
  Snapshot snapshot = configuration();
  PackagedApp own = at("app", "1");
  own.location = Location::backed_up(own.location.in_path, "/backups/server/app");
  snapshot.backups.insert({"server", {own}});
  const Request from_own = up("app", at("app", "2"), own),
                from_app = up("app", at("app", "2"), backup_of("app"));
  const PackageAction expected = Execute{{from_app, from_own}, How::each};
  CHECK(next({}, Called{}, snapshot).front() == expected);
}

TEST_CASE("the backup of a package that still has its applications is not taken over") {
  Snapshot snapshot = configuration();
  snapshot.packages->insert({"app", {relations("app", "1"), "all", false, member("app", "1")}});
  CHECK(next({}, Called{}, snapshot) == Actions{Execute{{start("app", "2")}, How::all_or_none, true}});
  snapshot.packages.reset();
  CHECK(next({}, Called{}, snapshot) == Actions{LookUp{}});
}

TEST_CASE(
    "nodes change at once to a package that is configured, after a backup of what it may refuse to leave") {
  const Request change = change_from(at("app", "1"));
  Snapshot snapshot = removal_after(Moment::about_to_remove);
  CHECK(next({}, Called{}, snapshot) ==
        Actions{BackUp{"app", {at("app", "1")}}, Execute{{change}, How::all_or_none}});
  snapshot.moves = {{Atom{"app"}, "server"}};
  CHECK(next({}, Called{}, snapshot) ==
        Actions{BackUp{"app", {at("app", "1")}}, Execute{{change}, How::all_or_none}});
  snapshot.moment = Moment::both_on_disk;
  CHECK(next({}, Called{}, snapshot) ==
        Actions{BackUp{"app", {at("app", "1")}}, Execute{{change}, How::each, true}});
  snapshot.packages.reset();
  CHECK(next({}, Called{}, snapshot) == Actions{LookUp{}});
}

TEST_CASE("when the files are gone, nodes change from the backup") {
  Snapshot snapshot = removal_after(Moment::removed);
  snapshot.backups = {{"app", {backup_of("app")}}};
  const Execute change{{change_from(backup_of("app"))}, How::all_or_none};
  CHECK(next({}, Called{}, snapshot) == Actions{change});
}

TEST_CASE("what nodes changed from is dropped only if all have changed") {
  Snapshot snapshot = removal_after(Moment::both_on_disk);
  snapshot.backups = {{"app", {backup_of("app")}}};
  for (const Moment moment : {Moment::both_on_disk, Moment::removed}) {
    snapshot.moment = moment;
    snapshot.unpacking.reset();
    snapshot.answers.clear();
    CHECK(next({}, Executed{}, snapshot) == Actions{needs_backup()});
    snapshot.answers = {{needs_backup(), true}};
    CHECK(next({}, Executed{}, snapshot) == Actions{Exit{}});
    snapshot.answers = {{needs_backup(), false}};
    CHECK(next({}, Executed{}, snapshot) == Actions{DropBackup{"app"}, Exit{}});
  }
  snapshot.moment = Moment::both_on_disk;
  CHECK(next({}, Executed{0, false}, snapshot) == Actions{Exit{}});
  CHECK(next({}, Executed{1}, snapshot) == Actions{Exit{}});
  snapshot.moment = Moment::removed;
  CHECK(next({}, Executed{3}, snapshot) == Actions{Exit{3}});
  CHECK(next({}, Executed{0, false, {}, 3}, snapshot) == Actions{Exit{3}});
  snapshot.moment = Moment::forgotten;
  CHECK(next({}, Called{}, snapshot) == Actions{Exit{}});
  snapshot.packages.reset();
  CHECK(next({}, Called{}, snapshot) == Actions{LookUp{}});
}

TEST_CASE("an application is handed over to a package whose hooks are still to be called") {
  struct Row {
    const char* state;
    bool waits;
    void (*change)(Snapshot& snapshot);
  };
  const Row rows[] = {
      {"configured", false, [](Snapshot&) {}},
      {"unpacked", true, [](Snapshot& s) { s.packages->at("server").unpacked = true; }},
      {"half configured", true, [](Snapshot& s) { s.packages->at("server").half_configured = true; }},
      {"the same version comes again", false,
       [](Snapshot& s) {
         s.archives = {{"server.deb", relations("server", "2"), member("app", "2")}};
       }},
      {"another version comes", true,
       [](Snapshot& s) {
         s.archives = {{"server.deb", relations("server", "3"), member("app", "3")}};
       }},
      {"another version comes in a run of APT", true,
       [](Snapshot& s) {
         s.archives = {{"server.deb", relations("server", "3"), member("app", "3")}};
         s.moves = {{Atom{"app"}, "server"}};
       }},
      {"the configured version does not have it", true,
       [](Snapshot& s) {
         s.packages->at("server").member = member("other", "2");
         s.moves = {{Atom{"app"}, "server"}};
       }},
  };
  for (const Moment moment : {Moment::about_to_remove, Moment::both_on_disk})
    for (const Row& row : rows) {
      Snapshot snapshot = removal_after(moment);
      row.change(snapshot);
      INFO(row.state);
      const Actions actions = next({}, Called{}, snapshot);
      CHECK(actions.front() == PackageAction{BackUp{"app", {at("app", "1")}}});
      const auto* execute = std::get_if<Execute>(&actions.back());
      CHECK((execute != nullptr && !execute->requests.empty()) == !row.waits);
    }
}

TEST_CASE("a backup that nodes run is what they change from, and is not made again") {
  PackagedApp used = at("app", "0");
  used.location = Location("/backups/app/app");
  Snapshot snapshot = removal_after(Moment::about_to_remove);
  snapshot.backups = {{"app", {used}}};
  CHECK(next({}, Called{}, snapshot) == Actions{Execute{{change_from(used)}, How::all_or_none}});
}

TEST_CASE("a backup that nodes run stays as it is when the application moves") {
  Snapshot snapshot = removal(Moment::about_to_remove);
  PackagedApp used = at("app", "1");
  used.location = Location("/backups/app/app");
  snapshot.backups = {{"app", {used}}};
  CHECK(next({}, Called{}, snapshot) == Actions{Execute{{}, How::all_or_none, true}});
}

TEST_CASE(
    "a node that refuses to change to another package's version keeps no application of the old one "
    "running") {
  Snapshot snapshot = removal_after(Moment::removed);
  snapshot.installed->apps.push_back(at("other", "1"));
  snapshot.backups = {{"app", {backup_of("app")}}};
  const Execute change{{change_from(backup_of("app"))}, How::all_or_none};
  const Execute stops{{reversed(start("other", "1"))}, How::all_or_none, true};
  CHECK(next({}, Called{}, snapshot) == Actions{change, stops});
}

TEST_CASE("what two packages take over is kept until both have it") {
  Snapshot snapshot = configuration();
  snapshot.backups = {{"app", {backup_of("app"), backup_of("lib")}}};
  snapshot.packages->insert({"second", {relations("second", "2"), "all", false, member("lib", "2")}});
  snapshot.answers = {{{Ask::What::needs_backup, {start("app", "2"), start("lib", "2")}}, false}};
  InstalledPackage& second = snapshot.packages->at("second");
  second.unpacked = true;
  CHECK(next({}, Executed{}, snapshot) == Actions{Exit{}});
  second.unpacked = false;
  CHECK(next({}, Executed{}, snapshot) == Actions{DropBackup{"app"}, Exit{}});
}

TEST_CASE("a backup is not dropped while a node keeps running what is in it") {
  Snapshot snapshot = configuration();
  snapshot.answers = {{needs_backup(), true}};
  CHECK(next({}, Executed{}, snapshot) == Actions{Exit{}});
  snapshot.backups = {{"server", {backup_of("app")}}};
  CHECK(next({}, Executed{}, snapshot) == Actions{Exit{}});
}

TEST_CASE("a backup that the removed package was the last to need is dropped") {
  Snapshot snapshot = configuration();
  snapshot.moment = Moment::removed;
  CHECK(next({}, Executed{}, snapshot) == Actions{DropBackup{"app"}, Exit{}});
  CHECK(next({}, Executed{1}, snapshot) == Actions{continues("server"), Exit{}});
  snapshot.packages->insert({"second", {relations("second", "2"), "all", false, member("app", "2")}});
  CHECK(next({}, Executed{}, snapshot) == Actions{Exit{}});
  snapshot.packages.reset();
  CHECK(next({}, Executed{}, snapshot) == Actions{LookUp{}});
}

TEST_CASE("a backup for a removal that was aborted is dropped, but not one of a run") {
  Snapshot snapshot = alone(Moment::stays_installed);
  const Ask runs_other{Ask::What::needs_backup, {start("app", "1")}};
  snapshot.packages = {{"app", {relations("app", "1"), "all", false, member("app", "1")}}};
  snapshot.backups = {{"app", {backup_of("app")}}};
  CHECK(next({}, Executed{}, snapshot) == Actions{runs_other});
  snapshot.answers = {{runs_other, false}};
  CHECK(next({}, Executed{}, snapshot) == Actions{DropBackup{"app"}, Exit{}});
  CHECK(next(alone_record(RunRecord::State::done), Executed{}, snapshot) == Actions{Exit{}});
  snapshot.answers = {{runs_other, true}};
  CHECK(next({}, Executed{}, snapshot) == Actions{Exit{}});
}
