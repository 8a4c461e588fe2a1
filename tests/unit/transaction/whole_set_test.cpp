// SPDX-License-Identifier: BSD-3-Clause
#include "catch.hpp"
#include "whole_run_values.hpp"

using namespace erlrc;
using namespace erlrc::test;
using namespace erlrc::test::whole;
using State = RunRecord::State;
using How = Execute::How;
using Actions = PackageActions;

namespace {

/// The record of a run that nodes do not follow: the scriptlets of the package find it, and do nothing.
RunRecord unfollowed(const std::string& package) {
  return {kRun, {{State::done, "", {{.name = package}}}}};
}

}  // namespace

// Which packages of a whole run nodes follow, and from which versions.

TEST_CASE("a package is stopped before it is removed, and started again if it was not") {
  const RunRecord removing{kRun, {{State::trying, "", {{"app", "1", "", {stop("app")}, false, true}}}}};
  CHECK(next({}, Called{}, removal()) ==
        Actions{Store{removing}, Execute{{stop("app")}, How::all_or_none, true}});

  Snapshot snapshot = removal();
  snapshot.moment = Moment::run_ended;
  snapshot.packages->erase("app");
  CHECK(next(removing, Called{}, snapshot) == Actions{DropAllStaged{}, Store{}, nothing_to_start});

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
  const Ask question{Ask::What::needs_restart, {start("lib", "1")}};
  CHECK(next({}, Called{}, snapshot) == Actions{question});
  snapshot.answers = {{question, false}};
  CHECK(next({}, Called{}, snapshot) ==
        Actions{Warn{"app: skipped until the nodes are restarted: app 2 needs lib (>= 2), and lib is 1"},
                Store{unfollowed("app")}, Exit{0}});
}

TEST_CASE("a package that no node can upgrade is skipped if configured so, with those that need it") {
  Snapshot snapshot = upgrade_of_both();
  snapshot.skipped = {"app"};
  const Actions actions = next({}, Called{}, snapshot);
  CHECK(actions.front() ==
        PackageAction(Warn{"app: skipped until the nodes are restarted: preflight is leave, and no "
                           "node can do its upgrade"}));
  CHECK(std::get<Execute>(actions.back()).requests == std::vector<Request>{up("lib")});
  snapshot.skipped = {"lib"};
  const Ask question{Ask::What::needs_restart, {start("lib", "1")}};
  CHECK(next({}, Called{}, snapshot) == Actions{question});
  snapshot.answers = {{question, false}};
  const Actions none = next({}, Called{}, snapshot);
  REQUIRE(none.size() == 4);
  CHECK(none.at(0) ==
        PackageAction(Warn{"app: skipped until the nodes are restarted: app 2 needs lib (>= 2), and "
                           "lib is 1"}));
  CHECK(none.at(2) == PackageAction(Store{{kRun, {{State::done, "", {{.name = "app"}, {.name = "lib"}}}}}}));
}

TEST_CASE("a transaction is refused if a package that nodes run would not have what it needs") {
  Snapshot snapshot = upgrade_of_both();
  snapshot.archives = {{"/lib.rpm", relations("lib", "1"), member("lib", "1")}};  // rpm --oldpackage --nodeps
  snapshot.removed = {"lib"};
  snapshot.packages = {{"app", installed("app", "2")}, {"lib", installed("lib", "2")}};
  snapshot.staged.clear();
  snapshot.backups.clear();
  const Ask runs{Ask::What::would_change, {{Atom{"app"}, Request::Stop{{"2", at("app", "2").location}}}}};
  CHECK(next({}, Called{}, snapshot) == Actions{runs});
  snapshot.answers = {{runs, true}};
  CHECK(next({}, Called{}, snapshot) ==
        Actions{DropAllStaged{}, Refuse{"app 2 needs lib (>= 2), and lib is 1"}});
  snapshot.answers = {{runs, false}};
  CHECK(next({}, Called{}, snapshot) ==
        Actions{Warn{"lib: skipped until the nodes are restarted: app 2 needs lib (>= 2), and lib is 1"},
                Store{unfollowed("lib")}, Exit{0}});
}

TEST_CASE("a package is skipped if what it needs is installed, but nodes still run an older version") {
  Snapshot snapshot = upgrade_of_both();
  snapshot.archives = {archive("app")};
  snapshot.removed = {"app"};
  snapshot.packages->at("lib") = installed("lib", "2");
  snapshot.backups.erase("lib");
  const Ask question{Ask::What::needs_restart, {start("lib", "2")}};
  CHECK(next({}, Called{}, snapshot) == Actions{question});
  snapshot.answers = {{question, false}};
  CHECK(std::get<Execute>(next({}, Called{}, snapshot).back()).requests == std::vector<Request>{up("app")});
  snapshot.answers = {{question, true}};
  CHECK(next({}, Called{}, snapshot) ==
        Actions{Warn{"app: skipped until the nodes are restarted: app 2 needs lib (>= 2), and lib is another "
                     "version"},
                Store{unfollowed("app")}, Exit{0}});
}

TEST_CASE("of a package that rpm has twice, nodes are upgraded from the version that they run") {
  Snapshot snapshot = upgrade_of_both();
  snapshot.archives = {{"/lib.rpm", relations("lib", "3"), member("lib", "3")}};
  snapshot.removed = {"lib"};
  snapshot.packages->erase("app");
  snapshot.packages->at("lib").others = {installed("lib", "2")};
  snapshot.backups.clear();
  const Ask first{Ask::What::needs_backup, {start("lib", "1")}};
  const Ask second{Ask::What::needs_backup, {start("lib", "2")}};
  CHECK(next({}, Called{}, snapshot) == Actions{first});
  snapshot.answers = {{first, true}};
  CHECK(next({}, Called{}, snapshot) == Actions{second});
  const auto from = [&](std::vector<std::pair<Ask, bool>> answers) {
    snapshot.answers = std::move(answers);
    return std::get<BackUp>(next({}, Called{}, snapshot).at(1)).apps;
  };
  snapshot.staged.clear();
  CHECK(from({{first, true}, {second, false}}) == PackagedApps{at("lib", "2")});
  CHECK(from({{first, true}, {second, true}}) == PackagedApps{at("lib", "1")});
  CHECK(from({{first, false}}) == PackagedApps{at("lib", "1")});
}
