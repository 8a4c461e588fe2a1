// SPDX-License-Identifier: BSD-3-Clause
#include "catch.hpp"
#include "dpkg_run_values.hpp"

using namespace erlrc;
using namespace erlrc::test;
using State = RunRecord::State;
using How = Execute::How;
using Actions = PackageActions;

// The rows of the table in package_run.hpp.

namespace {

RunRecord failed(RunRecord record, const std::string& because, bool clean = false) {
  record.groups.front().state = State::failed;
  record.groups.front().because = because;
  record.groups.front().clean = clean;
  return record;
}

/// The first line of a refusal.
Warn named(const std::string& because) {
  return {because + "; `apt-get -o Erlrc::Hooks=off` leaves all nodes alone", true};
}

}  // namespace

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
  CHECK(next({}, Called{}, snapshot) == Actions{Store{refused}, Refuse{named(why).text}});
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

TEST_CASE("the backup of a package that the preflight skipped is dropped") {
  Snapshot snapshot = alone(Moment::both_on_disk);
  snapshot.skipped = {"app"};
  snapshot.backups = {{"app", {at("app", "1")}}};
  const Skip skip{"Erlrc::Preflight is leave, and no node can do its upgrade"};
  CHECK(next({}, Called{}, snapshot) == Actions{DropBackup{"app"}, skip});
  snapshot.moment = Moment::configured;
  CHECK(next({}, Called{}, snapshot) == Actions{DropBackup{"app"}, skip});
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
  CHECK(next({}, Executed{1}, snapshot) == Actions{continues("app"), Exit{}});
  CHECK(next({}, Executed{3}, snapshot) == Actions{Exit{3}});
  snapshot.moment = Moment::removed;
  CHECK(next({}, Called{}, snapshot) == Actions{stop});
  snapshot.moment = Moment::forgotten;
  CHECK(next({}, Called{}, snapshot) == Actions{LookUp{}});
  snapshot.packages.emplace();
  CHECK(next({}, Called{}, snapshot) == Actions{DropBackup{"app"}, Exit{}});
  snapshot.moment = Moment::stays_installed;
  CHECK(next({}, Called{}, snapshot) == Actions{Execute{{start("app", "1")}, How::all_or_none, true}});
}

TEST_CASE("a node that was not changed does not keep a package from being configured") {
  const Moment moment = GENERATE(Moment::configured, Moment::given_up, Moment::stays_installed);
  Snapshot snapshot = alone(moment);
  snapshot.backups = {{"app", {backup_of("app")}}};
  CHECK(next({}, Executed{1}, snapshot) == Actions{continues("app"), Exit{}});
  CHECK(next({}, Executed{3}, snapshot) == Actions{Exit{3}});
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
