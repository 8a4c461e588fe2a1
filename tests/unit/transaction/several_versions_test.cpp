// SPDX-License-Identifier: BSD-3-Clause
#include "catch.hpp"
#include "dpkg_run_values.hpp"

using namespace erlrc;
using namespace erlrc::test;
using State = RunRecord::State;
using How = Execute::How;
using Actions = PackageActions;

// One command of dpkg with several versions of a package.

TEST_CASE("of several versions of a package that is to come, the first one counts") {
  Snapshot snapshot = both(Moment::both_on_disk);
  snapshot.archives.push_back({"lib3.deb", relations("lib", "3", "app (>= 2)"), member("lib", "3")});
  CHECK(next({}, Called{}, snapshot).back() ==
        PackageAction{Execute{{up("app"), up_staged()}, How::all_or_none, true}});
}

TEST_CASE("if the first one is damaged, the next one counts") {
  Snapshot snapshot = both(Moment::both_on_disk);
  snapshot.archives.push_back({"lib3.deb", relations("lib", "3", "app (>= 2)"), member("lib", "3")});
  snapshot.staged = {{"lib.deb", {.damaged = true}}, {"lib3.deb", {}}};
  CHECK(next({}, Called{}, snapshot).back() ==
        PackageAction{
            Execute{{up("app"), up("lib", staged("lib", "3"), at("lib", "1"))}, How::all_or_none, true}});
}

TEST_CASE("before another version of a package is unpacked, the group of the one before is finished") {
  Snapshot snapshot = both(Moment::about_to_unpack);
  snapshot.unpacking_relations = relations("app", "3");
  snapshot.packages->at("app").relations = relations("app", "2", "lib (>= 2)");
  snapshot.backups = {{"app", {backup_of("app")}}};
  Request to_backup = reversed(up("app"));
  *version_after(to_backup) = {"1", backup_of("app").location.read_from};
  CHECK(next(set_record(State::done, true), Called{}, snapshot) ==
        Actions{RollBack{"app", {to_backup}}, UseBackup{"app"},
                back("lib", up_staged(), PackagedApps{{Atom{"lib"}, "2", staged("lib").location.in_path}}),
                DropStaged{"app"}, DropStaged{"lib"}, Store{}});
}

TEST_CASE("the groups of other packages stay as they are") {
  Snapshot snapshot = both(Moment::about_to_unpack, "other");
  snapshot.unpacking_relations = relations("other", "3");
  RunRecord record = set_record(State::done, true);
  const RunRecord others = record;
  record.groups.push_back({State::done, "", {{"other", "1", "2", {}, true}}});
  CHECK(next(record, Called{}, snapshot) == Actions{DropStaged{"other"}, Store{others}});
}

TEST_CASE("the same version again does not finish the group") {
  Snapshot snapshot = both(Moment::about_to_unpack);
  snapshot.unpacking_relations = relations("app", "2");
  CHECK(next(set_record(State::done, true), Called{}, snapshot) == Actions{Exit{}});
}
