// SPDX-License-Identifier: BSD-3-Clause
#include <algorithm>

#include "catch.hpp"
#include "dpkg_run_values.hpp"

using namespace erlrc;
using namespace erlrc::test;
using State = RunRecord::State;
using How = Execute::How;
using Actions = PackageActions;

// The rows of the table in package_run.hpp, for several packages that are upgraded as one: an upgrade set.

TEST_CASE("in a run of several packages, archives are opened only if the package would change a node") {
  Snapshot snapshot = both(Moment::both_on_disk);
  snapshot.answers.clear();
  snapshot.packages.reset();
  snapshot.opened = false;
  const Ask question{Ask::What::would_change, {up("app")}};
  CHECK(next({}, Called{}, snapshot) == Actions{question});
  snapshot.answers = {{question, false}};
  RunRecord recorded = alone_record(State::trying);
  recorded.groups.front().packages.front().version = "2";
  CHECK(next({}, Called{}, snapshot) ==
        Actions{Store{recorded}, Execute{{up("app")}, How::all_or_none, true}});
  snapshot.answers = {{question, true}};
  CHECK(next({}, Called{}, snapshot) == Actions{LookUp{}, OpenArchives{}});
}

TEST_CASE("an upgrade set is staged, recorded and executed as one, in the order of dependencies") {
  Snapshot snapshot = both(Moment::both_on_disk);
  snapshot.staged.clear();
  CHECK(next({}, Called{}, snapshot) == Actions{Stage{"lib", "lib.deb"}});
  snapshot.staged = {{"lib.deb", {}}};
  CHECK(next({}, Called{}, snapshot) ==
        Actions{Store{set_record(State::trying)}, Execute{{up("app"), up_staged()}, How::all_or_none, true}});
}

TEST_CASE("the first package of an upgrade set is backed up before it is closed") {
  CHECK(next(set_record(State::trying), Executed{}, both(Moment::both_on_disk)) ==
        Actions{BackUp{"app", {at("app", "1")}}, Store{set_record(State::done, true)}, Exit{}});
}

TEST_CASE("when dpkg unpacks the last package of a set, nodes only replace its directory") {
  const Snapshot snapshot = both(Moment::both_on_disk, "lib");
  Request move = up("lib", at("lib", "2"), staged("lib"));
  std::get<Request::Change>(move.what).start = false;
  CHECK(next(set_record(State::done, true), Called{}, snapshot) ==
        Actions{Execute{{move}, How::move, true}, Execute{{up("lib")}, How::all_or_none, true}});
  RunRecord closed = set_record(State::done, true, true);
  closed.groups.front().packages.back().requests = {up("lib")};
  CHECK(next(set_record(State::done, true), Executed{}, snapshot) == Actions{Store{closed}, Exit{}});
}

TEST_CASE("if a later package of a set fails, closed dependents are rolled back to their backups") {
  Snapshot snapshot = both(Moment::both_on_disk, "lib");
  snapshot.packages->at("app").relations = relations("app", "2", "lib (>= 2)");
  const PackagedApp old = backup_of("app");
  snapshot.backups = {{"app", {old}}};
  Request to_backup = reversed(up("app"));
  *version_after(to_backup) = {old.vsn, old.location.read_from};
  RunRecord record = failed(set_record(State::done, true), "lib could not be upgraded");
  record.groups.front().packages.back().requests = {up("lib")};
  CHECK(next(set_record(State::done, true), Executed{1}, snapshot) ==
        Actions{RollBack{"app", {to_backup}}, UseBackup{"app"}, back("lib", up("lib"), {}), Store{record},
                DropStaged{"app"}, DropStaged{"lib"}, named("lib could not be upgraded"), Exit{1}});
}

TEST_CASE("if a node refuses an upgrade set, each later package is refused before it is unpacked") {
  const std::string because = "lib could not be upgraded";
  const RunRecord refused = failed(set_record(State::trying), because, true);
  CHECK(next(set_record(State::trying), Executed{1, true, up_staged()}, both(Moment::both_on_disk)) ==
        Actions{Store{refused}, DropStaged{"app"}, DropStaged{"lib"}, named(because), Exit{1}});
  RunRecord closed = refused;
  closed.groups.front().packages.back().closed = true;
  CHECK(next(refused, Called{}, both(Moment::about_to_unpack, "lib")) ==
        Actions{Store{closed}, Refuse{because}});
}

TEST_CASE("if a node cannot be rolled back, the new files of the other packages are backed up for it") {
  CHECK(next(set_record(State::trying), Executed{3}, both(Moment::both_on_disk)).front() ==
        PackageAction{
            back("lib", up_staged(), PackagedApps{{Atom{"lib"}, "2", staged("lib").location.in_path}})});
}

TEST_CASE("dependents of a package whose archive is damaged are refused") {
  Snapshot snapshot = both(Moment::both_on_disk);
  snapshot.archives.front().relations = relations("app", "2", "lib (>= 2)");
  snapshot.unpacking_relations = relations("app", "2", "lib (>= 2)");
  snapshot.staged = {{"lib.deb", {.damaged = true}}};
  const std::string why = "app 2 needs lib (>= 2), and lib is 1";
  const RunRecord refused{kRun, {{State::failed, why, {{"app", "1", "2", {up("app")}, false}}, true}}};
  CHECK(next({}, Called{}, snapshot) == Actions{Store{refused}, Refuse{why}});
}

TEST_CASE("a new package of an upgrade set that failed is not refused, since no old package needs it") {
  RunRecord record = set_record(State::trying);
  record.groups.front().packages.back().from.clear();
  const Actions actions = next(record, Executed{1}, both(Moment::both_on_disk));
  CHECK(std::get<Store>(actions.front()).record.groups.front().packages.back().closed);
}

TEST_CASE("a package is skipped if a dependency needs a restart") {
  Snapshot snapshot = both(Moment::both_on_disk);
  snapshot.archives = {{"app.deb", relations("app", "2", "lib (>= 2)")}};
  snapshot.unpacking_relations = relations("app", "2", "lib (>= 2)");
  snapshot.packages->at("lib").relations = relations("lib", "2");
  const Ask question{Ask::What::needs_restart, {start("lib", "1")}};
  CHECK(next({}, Called{}, snapshot) == Actions{question});
  snapshot.answers.emplace_back(question, true);
  CHECK(next({}, Called{}, snapshot) == Actions{Skip{"app 2 needs lib (>= 2), and lib is another version"}});
  snapshot.answers.back().second = false;
  CHECK(std::holds_alternative<Store>(next({}, Called{}, snapshot).front()));
}

TEST_CASE("if dpkg fails to unpack a package, its upgrade set is rolled back") {
  RunRecord refused = failed(set_record(State::done), "app could not be unpacked");
  const Actions expected{
      back("lib", up_staged(), PackagedApps{{Atom{"lib"}, "2", staged("lib").location.in_path}}),
      back("app", up("app"), PackagedApps{at("app", "2")}),
      Store{refused},
      DropStaged{"app"},
      DropStaged{"lib"},
      Exit{}};
  const State state = GENERATE(State::done, State::trying);
  CHECK(next(set_record(state), Called{}, both(Moment::unpack_failed)) == expected);
  Snapshot snapshot = both(Moment::unpack_failed);
  snapshot.packages.reset();
  CHECK(next(set_record(state), Called{}, snapshot) == Actions{LookUp{}});
}

TEST_CASE("an upgrade that dpkg gave up without a call of the old preinst is rolled back by the next call") {
  Actions actions = next(set_record(State::done, true), Called{}, both(Moment::given_up));
  CHECK(actions.front() ==
        PackageAction{
            back("lib", up_staged(), PackagedApps{{Atom{"lib"}, "2", staged("lib").location.in_path}})});
  const RunRecord now = failed(set_record(State::done, true), "app could not be unpacked");
  CHECK(std::ranges::find(actions, PackageAction{Store{now}}) != actions.end());
  CHECK(next(now, Called{}, both(Moment::given_up)) ==
        Actions{Execute{{start("app", "1")}, How::all_or_none, true}});
}

TEST_CASE("the first package that is configured ends the run: nodes then use the installed directories") {
  Snapshot snapshot = both(Moment::configured);
  snapshot.packages->at("lib") = {relations("lib", "2"), "all", false, member("lib", "2")};
  snapshot.backups = {{"app", {at("app", "1")}}};
  Request move = up("lib", at("lib", "2"), staged("lib"));
  std::get<Request::Change>(move.what).start = false;
  CHECK(next(set_record(State::done, true), Called{}, snapshot) ==
        Actions{Execute{{move}, How::move}, DropBackup{"app"}, DropAllStaged{}, Store{}});
  snapshot.packages.reset();
  CHECK(next(set_record(State::done, true), Called{}, snapshot) == Actions{LookUp{}});
}

TEST_CASE("a run whose packages are all closed ends without looking anything up") {
  Snapshot snapshot = both(Moment::configured);
  snapshot.packages.reset();
  CHECK(next(set_record(State::done, true, true), Called{}, snapshot) == Actions{DropAllStaged{}, Store{}});
}

TEST_CASE("the first call of the next run rolls back packages that the last run did not unpack") {
  Snapshot snapshot = both(Moment::about_to_unpack, "other");
  snapshot.run = "4712 2";
  const State state = GENERATE(State::trying, State::trying_again, State::done);
  CHECK(next(set_record(state), Called{}, snapshot) ==
        Actions{back("lib", up_staged(), PackagedApps{{Atom{"lib"}, "2", staged("lib").location.in_path}}),
                back("app", up("app"), PackagedApps{at("app", "2")}), DropAllStaged{}, Store{}});
  CHECK(next(failed(set_record(state), "no"), Called{}, snapshot) == Actions{DropAllStaged{}, Store{}});
}

TEST_CASE("a package that is half installed is rolled back") {
  Snapshot snapshot = both(Moment::configured);
  snapshot.packages->at("lib") = {relations("lib", "2"), "all", true, member("lib", "2")};
  CHECK(std::holds_alternative<RollBack>(next(set_record(State::done, true), Called{}, snapshot).front()));
}

TEST_CASE("new files do not replace a backup that has the only copy of the old files") {
  const PackagedApp old = backup_of("lib");
  RunRecord record = set_record(State::done, true);
  const Request request = up("lib", staged("lib"), old);
  record.groups.front().packages.back().requests = {request};
  CHECK(next(record, Called{}, both(Moment::configured)).front() == PackageAction{back("lib", request, {})});
}

TEST_CASE("requests are for the nodes that each package names") {
  Snapshot snapshot = both(Moment::both_on_disk);
  snapshot.installed->nodes = {{"n1"}};
  snapshot.packages->at("lib").member->nodes = {{"n2"}};
  Request own = up("app");
  own.nodes = {{"n1"}};
  Request other = up_staged();
  other.nodes = {{"n2"}};
  snapshot.answers = {{Ask{Ask::What::would_change, {own}}, true}};
  CHECK(next({}, Called{}, snapshot).back() == PackageAction{Execute{{own, other}, How::all_or_none, true}});
}
