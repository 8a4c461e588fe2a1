// SPDX-License-Identifier: BSD-3-Clause
#include "catch.hpp"
#include "whole_run_values.hpp"

using namespace erlrc;
using namespace erlrc::test;
using namespace erlrc::test::whole;
using State = RunRecord::State;
using How = Execute::How;
using Actions = PackageActions;

// The rows of the table in src/transaction/whole_run.hpp.

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
  CHECK(next({}, Called{}, snapshot) == Actions{DropAllStaged{}, BackUp{"app", {at("app", "1")}},
                                                Stage{"app", "/app.rpm"}, BackUp{"lib", {at("lib", "1")}},
                                                Stage{"lib", "/lib.rpm"}});
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
  CHECK(actions.at(2) == PackageAction(Confirm{}));
  CHECK(actions.back() == PackageAction(Exit{3}));
}

TEST_CASE("as long as a node may run the files of a transaction, they and its record stay") {
  const Warn way_out{
      "nodes may still run files of a transaction: when they answer, or were restarted, "
      "`erlrc-hook rpm recover` or the next transaction brings them in sync"};
  const Executed silent{.code = 1, .all_known = false, .worst = 1, .unconfirmed = true};
  RunRecord kept = record(State::done);
  kept.run.clear();
  Snapshot snapshot = end_with("1", "1");
  CHECK(next(record(State::done), silent, snapshot) == Actions{Store{kept}, way_out, Exit{1}});
  CHECK(next(kept, Called{}, snapshot) == Actions{Exit{}});  // one attempt for each transaction
  snapshot.moment = Moment::run_recovered;
  CHECK(next(kept, Called{}, snapshot).at(2) == PackageAction(RollBack{"app", {reversed(up("app"))}, {}}));
  CHECK(next(kept, silent, snapshot) == Actions{Store{kept}, way_out, Exit{1}});
  CHECK(next({}, Executed{.worst = 1}, snapshot) == Actions{Store{}, Exit{1}});  // a node has refused

  snapshot = upgrade_of_both();
  CHECK(next(kept, silent, snapshot) ==
        Actions{Store{kept}, way_out, Refuse{"an earlier transaction has not ended on all nodes"}});
  kept = record(State::trying);
  kept.run.clear();
  CHECK(next(record(State::trying), silent, snapshot) == Actions{Store{kept}, way_out, Exit{3}});
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
        Actions{move("lib"), move("app"), Confirm{}, DropBackup{"lib"}, DropBackup{"app"}, DropAllStaged{},
                Store{come}, Execute{{start("lib", "2"), start("app", "2")}, How::each, true}});
  CHECK(next(come, Executed{1, true}, snapshot) == Actions{Store{}, Exit{1}});
}

TEST_CASE("so does what no longer has a control member, but it is not started") {
  Snapshot snapshot = end_with("1", "2");
  InstalledPackage& lib = snapshot.packages->at("lib");
  lib.member.reset();
  lib.listed = {at("lib", "2")};
  RunRecord left{kRun, {{State::done, "", {{"lib", "1", "2", {up("lib")}}}}}};
  CHECK(next(left, Called{}, snapshot) ==
        Actions{move("lib"), Confirm{}, DropBackup{"lib"}, DropAllStaged{}, Store{}, nothing_to_start});
}

TEST_CASE("what did not come is rolled back, newest first") {
  CHECK(next(record(State::done), Called{}, end_with("1", "1")) ==
        Actions{Warn{"lib: 2 was not installed, so the nodes are rolled back to 1"},
                Warn{"app: 2 was not installed, so the nodes are rolled back to 1"},
                RollBack{"app", {reversed(up("app"))}, {}}, RollBack{"lib", {reversed(up("lib"))}, {}},
                Confirm{}, DropBackup{"lib"}, DropBackup{"app"}, DropAllStaged{}, Store{}, nothing_to_start});
}

TEST_CASE("a package that has come without what it needs is rolled back in the nodes from its backup") {
  const Actions actions = next(record(State::done), Called{}, end_with("2", "1"));
  Request back = reversed(up("app"));
  version_before(back)->location = at("app", "2").location;  // the code path has it since it came
  version_after(back)->location = Location("/backups/app/app");
  CHECK(actions == Actions{move("app"), Warn{"lib: 2 was not installed, so the nodes are rolled back to 1"},
                           RollBack{"app", {back}, {}}, RollBack{"lib", {reversed(up("lib"))}, {}}, Confirm{},
                           UseBackup{"app"}, DropBackup{"lib"}, DropAllStaged{}, Store{}, nothing_to_start});
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
  CHECK(stays.back() == PackageAction(nothing_to_start));

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
  const Actions refused{Refuse{
      "the transaction of process 4711 has not ended: try again when it has, or end a process that hangs"}};
  CHECK(next(record(State::done), Called{}, snapshot) == refused);
  snapshot.moment = Moment::run_recovered;
  CHECK(next(record(State::done), Called{}, snapshot) == refused);
  snapshot.moment = Moment::run_ended;
  CHECK(next(record(State::done), Called{}, snapshot) == Actions{Exit{0}});
}

TEST_CASE("what has nothing to do with nodes is not refused because of another transaction") {
  Snapshot snapshot = upgrade_of_both();
  snapshot.run = "4712 1";
  snapshot.opened = false;
  const Executed silent{.code = 1, .all_known = false, .worst = 1, .unconfirmed = true};
  CHECK(next(record(State::done), silent, snapshot) == Actions{OpenArchives{}});
  snapshot.recorded_run_lives = true;
  CHECK(next(record(State::done), Called{}, snapshot) == Actions{OpenArchives{}});
  snapshot.opened = true;
  for (Archive& one : snapshot.archives)
    one.member.reset();
  snapshot.removed = {"kernel"};
  CHECK(next(record(State::done), Called{}, snapshot) == Actions{Exit{}});
  CHECK(next(record(State::done), silent, snapshot).back() == PackageAction(Exit{}));
}

TEST_CASE("a transaction that was killed is finished by the next one and by a recovery") {
  Snapshot snapshot = end_with("1", "1");
  snapshot.run = "4712 1";
  snapshot.moment = Moment::run_recovered;
  const Actions recovery = next(record(State::done), Called{}, snapshot);
  CHECK(recovery.at(2) == PackageAction(RollBack{"app", {reversed(up("app"))}, {}}));
  CHECK(recovery.back() == PackageAction(nothing_to_start));
  snapshot.moment = Moment::run_begins;
  CHECK(next(record(State::done), Called{}, snapshot) == recovery);
}

TEST_CASE("what is left of a transaction during which the host was restarted is dropped by a recovery") {
  Snapshot snapshot = end_with("1", "1");
  snapshot.moment = Moment::run_recovered;
  CHECK(next({}, Called{}, snapshot) ==
        Actions{DropBackup{"app"}, DropBackup{"lib"}, DropAllStaged{}, Exit{}});
  snapshot.packages.reset();
  CHECK(next({}, Called{}, snapshot) == Actions{LookUp{}});
  snapshot.backups.clear();
  CHECK(next({}, Called{}, snapshot) == Actions{DropAllStaged{}, Exit{}});
}

TEST_CASE("and by the next transaction, before it makes its own files") {
  Snapshot snapshot = upgrade_of_both();
  snapshot.staged.clear();
  CHECK(next({}, Called{}, snapshot) == Actions{DropBackup{"app"}, DropBackup{"lib"}});
}

TEST_CASE(
    "the only old files of a package of which rpm keeps two versions in one directory are not dropped") {
  Snapshot snapshot = end_with("1", "1");
  snapshot.moment = Moment::run_recovered;
  snapshot.backups = {{"app", {backup_of("app")}}};
  InstalledPackage other = installed("app", "2");
  other.member->apps.front().location = at("app", "1").location;
  snapshot.packages->at("app").others = {other};
  CHECK(next({}, Called{}, snapshot) == Actions{DropAllStaged{}, Exit{}});
}
