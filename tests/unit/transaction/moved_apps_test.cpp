// SPDX-License-Identifier: BSD-3-Clause
#include "catch.hpp"
#include "dpkg_run_values.hpp"

using namespace erlrc;
using namespace erlrc::test;
using State = RunRecord::State;
using How = Execute::How;
using Actions = PackageActions;

// Version 1 of the package app has the applications app and lib, version 2 has app only. The package other
// ships another version of lib.

namespace {

ControlMember old_member() {
  return {{at("lib", "1"), at("app", "1")}, PackagePolicy::hot, {}};
}

InstalledPackage other() {
  return {relations("other", "7"), "all", false, member("lib", "2"), {}};
}

Request unstarted(const std::string& name, const PackagedApp& to) {
  Request request = up(name, to, at(name, "1"));
  std::get<Request::Change>(request.what).start = false;
  return request;
}

/// The facts while dpkg upgrades app, when all has been looked up.
Snapshot upgrade_of_app() {
  Snapshot snapshot = alone(Moment::both_on_disk);
  snapshot.installed = old_member();
  snapshot.hooked = {"app", "other"};
  snapshot.archives = {{"app.deb", relations("app", "2")}};
  snapshot.unpacking_relations = relations("app", "2");
  snapshot.opened = true;
  snapshot.packages = {{"app", {relations("app", "1"), "all", true, old_member()}}, {"other", other()}};
  return snapshot;
}

/// The facts before rpm does something with app, when all has been looked up.
Snapshot run_with_app() {
  Snapshot snapshot;
  snapshot.moment = Moment::run_begins;
  snapshot.run = kRun;
  snapshot.staging = "/staged";
  snapshot.hooked = {"app", "other"};
  snapshot.removed = {"app"};
  snapshot.opened = true;
  snapshot.packages = {{"app", {relations("app", "1"), "noarch", false, old_member()}}, {"other", other()}};
  return snapshot;
}

}  // namespace

TEST_CASE("an application that the new version no longer has is left to the package that ships it, too") {
  Snapshot snapshot = upgrade_of_app();
  const std::vector<Request> requests{up("app"), unstarted("lib", at("lib", "2"))};
  snapshot.answers = {{Ask{Ask::What::would_change, requests}, true}};
  CHECK(next({}, Called{}, snapshot).back() == PackageAction{Execute{requests, How::all_or_none, true}});
  snapshot.packages.reset();
  CHECK(next({}, Called{}, snapshot) == Actions{LookUp{}});
}

TEST_CASE("an application that no other package ships is stopped") {
  Snapshot snapshot = upgrade_of_app();
  snapshot.packages->erase("other");
  snapshot.hooked = {"app"};
  const std::vector<Request> requests{up("app"), reversed(start("lib", "1"))};
  CHECK(next({}, Called{}, snapshot).back() == PackageAction{Execute{requests, How::all_or_none, true}});
}

TEST_CASE("the rollback of an upgrade takes such an application back from the other package") {
  const std::vector<Request> requests{up("app"), unstarted("lib", at("lib", "2"))};
  const RunRecord broken{kRun, {{State::failed, "no", {{"app", "1", "2", requests}}}}};
  Snapshot snapshot = upgrade_of_app();
  snapshot.moment = Moment::unpack_failed;
  const auto rolled_back = std::get<RollBack>(next(broken, Called{}, snapshot).front());
  CHECK(rolled_back.requests == std::vector<Request>{reversed(requests[1]), reversed(requests[0])});
}

TEST_CASE("rpm: an application that a removed package had is left to the package that ships it, too") {
  CHECK(next({}, Called{}, run_with_app()).back() ==
        PackageAction{Execute{
            {reversed(start("app", "1")), unstarted("lib", at("lib", "2"))}, How::all_or_none, true}});
}

TEST_CASE(
    "rpm: an application that the new version no longer has is left to the package that ships it, too") {
  Snapshot snapshot = run_with_app();
  snapshot.archives = {{"/app.rpm", relations("app", "2"), member("app", "2")}};
  snapshot.staged = {{"/app.rpm", {}}};
  CHECK(next({}, Called{}, snapshot).back() ==
        PackageAction{Execute{
            {unstarted("app", staged("app")), unstarted("lib", at("lib", "2"))}, How::all_or_none, true}});
}

namespace {

/// The same, but the package other is new on this host: lib moves to it.
Snapshot split_of_app() {
  Snapshot snapshot = upgrade_of_app();
  snapshot.hooked = {"app"};
  snapshot.packages->erase("other");
  snapshot.archives.push_back({"other.deb", relations("other", "7"), member("lib", "2")});
  snapshot.answers = {{Ask{Ask::What::would_change, {up("app"), reversed(start("lib", "1"))}}, true}};
  snapshot.staged = {{"other.deb", {.desired = {Atom{"lib"}}}}};
  return snapshot;
}

PackagedApp staged_by_other() {
  PackagedApp app = at("lib", "2");
  app.location = Location::staged(app.location.in_path, "/staged/other" + app.location.in_path);
  return app;
}

const Request kMoved = up("lib", staged_by_other(), at("lib", "1"));

RunRecord split_record(State state, bool app_closed) {
  return {kRun, {{state, "", {{"app", "1", "2", {up("app")}, app_closed}, {"other", "", "7", {kMoved}}}}}};
}

}  // namespace

TEST_CASE("an application that moves to a new package of the run is changed, not stopped") {
  CHECK(next({}, Called{}, split_of_app()) == Actions{Store{split_record(State::trying, false)},
                                                      Execute{{up("app"), kMoved}, How::all_or_none, true}});
}

TEST_CASE("it is changed with the files of the new package if that one has come first") {
  Snapshot snapshot = split_of_app();
  const Request moved = unstarted("lib", at("lib", "2"));
  snapshot.hooked = {"app", "other"};
  snapshot.packages->emplace("other", other());
  std::ranges::reverse(snapshot.archives);
  snapshot.unpacking_relations = relations("app", "2", "other");
  snapshot.answers = {{Ask{Ask::What::would_change, {up("app"), moved}}, true}};
  snapshot.answers.emplace_back(Ask{Ask::What::needs_restart, {start("lib", "2")}}, false);
  CHECK(next({}, Called{}, snapshot).back() ==
        PackageAction{Execute{{up("app"), moved}, How::all_or_none, true}});
}

TEST_CASE("if the new package does not come, nodes get it back from the backup of the package that had it") {
  Snapshot snapshot = split_of_app();
  snapshot.moment = Moment::configured;
  snapshot.packages->at("app") = {relations("app", "2"), "all", false, member("app", "2")};
  snapshot.backups = {{"app", {backup_of("app"), backup_of("lib")}}};
  const Request request = up("lib", staged_by_other(), backup_of("lib"));
  CHECK(next(split_record(State::done, true), Called{}, snapshot) ==
        Actions{back("other", request, {}), DropAllStaged{}, Store{}});
}

TEST_CASE("a package that comes after the one that has its application does not stop it") {
  Snapshot snapshot = split_of_app();
  CHECK(next(split_record(State::done, false), Called{}, snapshot) ==
        Actions{Execute{{up("app")}, How::all_or_none, true}});
}

TEST_CASE("rpm: an application that moves to a new package of the transaction is changed, not stopped") {
  Snapshot snapshot = run_with_app();
  snapshot.packages->erase("other");
  snapshot.archives = {{"/app.rpm", relations("app", "2"), member("app", "2")},
                       {"/other.rpm", relations("other", "7"), member("lib", "2")}};
  snapshot.staged = {{"/app.rpm", {}}, {"/other.rpm", {}}};
  CHECK(next({}, Called{}, snapshot).back() ==
        PackageAction{Execute{
            {unstarted("app", staged("app")), unstarted("lib", staged_by_other())}, How::all_or_none, true}});
}
