// SPDX-License-Identifier: BSD-3-Clause
#include "catch.hpp"
#include "rpm_run_values.hpp"

using namespace erlrc;
using namespace erlrc::test;
using State = RunRecord::State;
using How = Execute::How;
using Actions = PackageActions;

// The rows of the table in src/transaction/whole_run.hpp: the packages lib and app, each with one application
// of its name; version 2 of app needs version 2 of lib.

namespace {

Request up(const std::string& name) {
  const PackagedApp from = backup_of(name), to = staged(name);
  return {Atom{name},
          Request::Change{.from = {from.vsn, from.location}, .to = {to.vsn, to.location}, .start = false}};
}

Request stop(const std::string& name) {
  return {Atom{name}, Request::Stop{{"1", at(name, "1").location}}};
}

/// The directory of the new version takes the place of the staged one.
Execute move(const std::string& name) {
  const PackagedApp from = staged(name);
  return {{{Atom{name},
            Request::Change{
                .from = {from.vsn, from.location}, .to = {"2", at(name, "2").location}, .start = false}}},
          How::move};
}

Archive archive(const std::string& name) {
  return {"/" + name + ".rpm", relations(name, "2"), member(name, "2")};
}

/// The facts before rpm upgrades lib and app, when all has been looked up and staged.
Snapshot upgrade_of_both() {
  Snapshot snapshot;
  snapshot.moment = Moment::run_begins;
  snapshot.run = kRun;
  snapshot.staging = "/staged";
  snapshot.hooked = {"app", "lib"};
  snapshot.archives = {archive("app"), archive("lib")};
  snapshot.removed = {"app", "lib"};  // the old versions, which are replaced
  snapshot.opened = true;
  snapshot.packages = {{"app", installed("app", "1")}, {"lib", installed("lib", "1")}};
  snapshot.staged = {{"/app.rpm", {}}, {"/lib.rpm", {}}};
  snapshot.backups = {{"app", {backup_of("app")}}, {"lib", {backup_of("lib")}}};
  return snapshot;
}

/// The same at the end, with these versions installed.
Snapshot end_with(const std::string& app, const std::string& lib) {
  Snapshot snapshot = upgrade_of_both();
  snapshot.moment = Moment::run_ended;
  snapshot.archives.clear();
  snapshot.removed.clear();
  snapshot.staged.clear();
  snapshot.packages = {{"app", installed("app", app)}, {"lib", installed("lib", lib)}};
  return snapshot;
}

RunRecord record(State state) {
  return {kRun,
          {{state,
            "",
            {{"lib", "1", "2", {up("lib")}, false, false}, {"app", "1", "2", {up("app")}, false, false}}}}};
}

/// A snapshot before rpm removes app.
Snapshot removal() {
  Snapshot snapshot = upgrade_of_both();
  snapshot.archives.clear();
  snapshot.staged.clear();
  snapshot.backups.clear();
  snapshot.removed = {"app"};
  return snapshot;
}

}  // namespace

TEST_CASE("a transaction begins with a look at its archives") {
  Snapshot snapshot = upgrade_of_both();
  snapshot.opened = false;
  CHECK(next({}, Called{}, snapshot) == Actions{OpenArchives{}});
  snapshot.opened = true;
  snapshot.packages.reset();
  CHECK(next({}, Called{}, snapshot) == Actions{LookUp{}});
}

TEST_CASE("a transaction without packages for nodes asks for nothing more") {
  Snapshot snapshot = upgrade_of_both();
  for (Archive& one : snapshot.archives)
    one.member.reset();
  snapshot.removed = {"bash"};
  snapshot.packages.reset();
  CHECK(next({}, Called{}, snapshot) == Actions{Exit{}});
}

TEST_CASE("old files are backed up and new ones staged before a node is touched") {
  Snapshot snapshot = upgrade_of_both();
  snapshot.staged.clear();
  snapshot.backups.clear();
  CHECK(next({}, Called{}, snapshot) == Actions{BackUp{"app", {at("app", "1")}}, Stage{"app", "/app.rpm"},
                                                BackUp{"lib", {at("lib", "1")}}, Stage{"lib", "/lib.rpm"}});
}

TEST_CASE("all packages of a transaction are upgraded as one set, in the order of their needs") {
  CHECK(next({}, Called{}, upgrade_of_both()) ==
        Actions{Store{record(State::trying)}, Execute{{up("lib"), up("app")}, How::all_or_none, true}});
}

TEST_CASE("when all nodes have followed, rpm unpacks") {
  CHECK(next(record(State::trying), Executed{0, true}, upgrade_of_both()) ==
        Actions{Store{record(State::done)}, Exit{0}});
}

TEST_CASE("a node that refuses refuses the transaction, and nothing is left of it") {
  CHECK(next(record(State::trying), Executed{1, true}, upgrade_of_both()) ==
        Actions{Store{}, DropBackup{"app"}, DropBackup{"lib"}, DropAllStaged{},
                Warn{"the transaction is refused before it changes a package"}, Exit{1}});
}

TEST_CASE("a node that could not be rolled back is rolled back once more") {
  const Actions actions = next(record(State::trying), Executed{3, true}, upgrade_of_both());
  CHECK(actions.at(0) == PackageAction(RollBack{"app", {reversed(up("app"))}, {}}));
  CHECK(actions.at(1) == PackageAction(RollBack{"lib", {reversed(up("lib"))}, {}}));
  CHECK(actions.back() == PackageAction(Exit{3}));
}

TEST_CASE("a damaged archive refuses the transaction") {
  Snapshot snapshot = upgrade_of_both();
  snapshot.staged["/lib.rpm"].damaged = true;
  CHECK(next({}, Called{}, snapshot) ==
        Actions{DropBackup{"app"}, DropBackup{"lib"}, DropAllStaged{}, Refuse{"/lib.rpm is damaged"}});
}

TEST_CASE("what has come gets its final directory in the code path, and its new applications start") {
  RunRecord come = record(State::done);
  for (RunRecord::Package& package : come.groups.front().packages)
    package.closed = true;
  const Snapshot snapshot = end_with("2", "2");
  CHECK(next(record(State::done), Called{}, snapshot) ==
        Actions{move("lib"), move("app"), DropBackup{"lib"}, DropBackup{"app"}, DropAllStaged{}, Store{come},
                Execute{{start("lib", "2"), start("app", "2")}, How::each, true}});
  CHECK(next(come, Executed{1, true}, snapshot) == Actions{Store{}, Exit{1}});
}

TEST_CASE("what did not come is rolled back, newest first") {
  CHECK(next(record(State::done), Called{}, end_with("1", "1")) ==
        Actions{Warn{"lib: 2 was not installed, so the nodes are rolled back to 1"},
                Warn{"app: 2 was not installed, so the nodes are rolled back to 1"},
                RollBack{"app", {reversed(up("app"))}, {}}, RollBack{"lib", {reversed(up("lib"))}, {}},
                DropBackup{"lib"}, DropBackup{"app"}, DropAllStaged{}, Store{}});
}

TEST_CASE("a package that has come without what it needs is rolled back in the nodes from its backup") {
  const Actions actions = next(record(State::done), Called{}, end_with("2", "1"));
  Request back = reversed(up("app"));
  version_before(back)->location = at("app", "2").location;  // the code path has it since it came
  version_after(back)->location = Location("/backups/app/app");
  CHECK(actions == Actions{move("app"), Warn{"lib: 2 was not installed, so the nodes are rolled back to 1"},
                           RollBack{"app", {back}, {}}, UseBackup{"app"},
                           RollBack{"lib", {reversed(up("lib"))}, {}}, DropBackup{"lib"}, DropAllStaged{},
                           Store{}});
}

TEST_CASE("a package that nodes run from its backup follows when what it needs has come") {
  PackagedApp used = at("app", "1");
  used.location = Location("/backups/app/app");
  Request follow = up("app");
  version_before(follow)->location = used.location;
  version_after(follow)->location = at("app", "2").location;
  std::get<Request::Change>(follow.what).start = true;
  const RunRecord lib{kRun, {{State::done, "", {{"lib", "1", "2", {up("lib")}}}}}};

  Snapshot snapshot = end_with("2", "1");  // lib did not come this time either
  snapshot.backups["app"] = {used};
  const Actions stays = next(lib, Called{}, snapshot);
  CHECK(std::ranges::find(stays, PackageAction(DropBackup{"app"})) == stays.end());
  CHECK(stays.back() == PackageAction(Store{}));

  snapshot = end_with("2", "2");
  snapshot.backups["app"] = {used};
  const Actions actions = next(lib, Called{}, snapshot);
  CHECK(actions.back() ==
        PackageAction(Execute{{start("lib", "2"), follow, start("app", "2")}, How::each, true}));
  const RunRecord come = std::get<Store>(actions.at(actions.size() - 2)).record;
  snapshot.backups.erase("lib");
  CHECK(next(come, Executed{0, true}, snapshot) == Actions{DropBackup{"app"}, Store{}, Exit{0}});
  CHECK(next(come, Executed{0, false}, snapshot) == Actions{Store{}, Exit{0}});
}

TEST_CASE("a package is upgraded from the backup that nodes run, but only if one still does") {
  PackagedApp used = at("app", "0");
  used.location = Location("/backups/app/app");
  Snapshot snapshot = upgrade_of_both();
  snapshot.backups["app"] = {used};
  const Ask question{Ask::What::needs_backup, {start("app", "1")}};
  CHECK(next({}, Called{}, snapshot) == Actions{question});
  snapshot.answers = {{question, false}};
  CHECK(next({}, Called{}, snapshot) == Actions{DropBackup{"app"}});
  snapshot.answers = {{question, true}};
  Request from_backup = up("app");
  *version_before(from_backup) = {used.vsn, used.location};
  CHECK(std::get<Execute>(next({}, Called{}, snapshot).back()).requests ==
        std::vector<Request>{up("lib"), from_backup});
  const Actions refused = next(record(State::trying), Executed{1, true}, snapshot);
  CHECK(std::ranges::find(refused, PackageAction(DropBackup{"app"})) == refused.end());
}

TEST_CASE("a hook that was killed leaves a record, by which the nodes are rolled back") {
  const Actions actions = next(record(State::trying), Called{}, end_with("1", "1"));
  CHECK(actions.at(2) == PackageAction(RollBack{"app", {reversed(up("app"))}, {}}));
}

TEST_CASE("the end of a transaction that changed nothing in nodes does nothing") {
  CHECK(next({}, Called{}, end_with("2", "2")) == Actions{Exit{0}});
}

TEST_CASE("a record of a process that is still at work is left alone") {
  Snapshot snapshot = upgrade_of_both();
  snapshot.run = "4712 1";
  snapshot.recorded_run_lives = true;
  const Actions refused{Refuse{"the transaction of process 4711 has not ended"}};
  CHECK(next(record(State::done), Called{}, snapshot) == refused);
  snapshot.moment = Moment::run_recovered;
  CHECK(next(record(State::done), Called{}, snapshot) == refused);
  snapshot.moment = Moment::run_ended;
  CHECK(next(record(State::done), Called{}, snapshot) == Actions{Exit{0}});
}

TEST_CASE("a transaction that was killed is finished by the next one and by a recovery") {
  Snapshot snapshot = end_with("1", "1");
  snapshot.run = "4712 1";
  snapshot.moment = Moment::run_recovered;
  const Actions recovery = next(record(State::done), Called{}, snapshot);
  CHECK(recovery.at(2) == PackageAction(RollBack{"app", {reversed(up("app"))}, {}}));
  CHECK(recovery.back() == PackageAction(Store{}));
  snapshot.moment = Moment::run_begins;
  CHECK(next(record(State::done), Called{}, snapshot) == recovery);
}

TEST_CASE("a package is stopped before it is removed, and started again if it was not") {
  const RunRecord removing{kRun, {{State::trying, "", {{"app", "1", "", {stop("app")}, false, true}}}}};
  CHECK(next({}, Called{}, removal()) ==
        Actions{Store{removing}, Execute{{stop("app")}, How::all_or_none, true}});

  Snapshot snapshot = removal();
  snapshot.moment = Moment::run_ended;
  snapshot.packages->erase("app");
  CHECK(next(removing, Called{}, snapshot) == Actions{DropAllStaged{}, Store{}});

  snapshot.packages->emplace("app", installed("app", "1"));
  const Actions actions = next(removing, Called{}, snapshot);
  CHECK(actions.at(0) == PackageAction(Warn{"app: was not removed, so the nodes are rolled back to 1"}));
  CHECK(actions.at(1) == PackageAction(RollBack{"app", {reversed(stop("app"))}, PackagedApps{}}));
}

TEST_CASE("a package that is removed is stopped before what it needs changes") {
  Snapshot snapshot = upgrade_of_both();
  snapshot.archives = {archive("lib")};
  CHECK(std::get<Execute>(next({}, Called{}, snapshot).back()).requests ==
        std::vector<Request>{stop("app"), up("lib")});
}

TEST_CASE("a new package is started when its files are there") {
  Snapshot snapshot = upgrade_of_both();
  snapshot.archives = {archive("lib")};
  snapshot.removed.clear();
  snapshot.hooked.clear();
  snapshot.packages->clear();
  snapshot.staged.clear();
  snapshot.backups.clear();
  const RunRecord later{kRun, {{State::done, "", {{"lib", "", "2", {}}}}}};
  CHECK(next({}, Called{}, snapshot) == Actions{Store{later}, Exit{0}});
  CHECK(std::get<Execute>(next(later, Called{}, end_with("1", "2")).back()).requests ==
        std::vector<Request>{start("lib", "2")});
}

TEST_CASE("a new package that an upgraded one needs is started first, from its staged files, if desired") {
  Snapshot snapshot = upgrade_of_both();
  snapshot.packages->erase("lib");
  snapshot.staged["/lib.rpm"].desired = {Atom{"lib"}};
  Request first = start("lib", "2");
  version_after(first)->location = staged("lib").location;
  CHECK(std::get<Execute>(next({}, Called{}, snapshot).back()).requests ==
        std::vector<Request>{first, up("app")});
}

TEST_CASE("an application that another package ships from now on is upgraded, not stopped") {
  Snapshot snapshot = upgrade_of_both();
  snapshot.archives = {{"/app.rpm", PackageRelations{"app-server", "2"}, member("app", "2")}};
  snapshot.backups = {{"app-server", {backup_of("app")}}};
  snapshot.removed = {"app"};
  Request moved = up("app");
  version_after(moved)->location =
      Location::staged(at("app", "2").location.in_path, "/staged/app-server/l/app-2/ebin");
  CHECK(std::get<Execute>(next({}, Called{}, snapshot).back()).requests == std::vector<Request>{moved});
}

TEST_CASE("a package that needs one with another policy is skipped, too") {
  Snapshot snapshot = upgrade_of_both();
  snapshot.packages->at("lib").member->policy = PackagePolicy::leave;
  CHECK(next({}, Called{}, snapshot) ==
        Actions{Warn{"app: skipped until the nodes are restarted: app 2 needs lib (>= 2), and lib is 1"},
                Exit{0}});
}
