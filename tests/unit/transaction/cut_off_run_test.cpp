// SPDX-License-Identifier: BSD-3-Clause
#include "catch.hpp"
#include "dpkg_run_values.hpp"

using namespace erlrc;
using namespace erlrc::test;
using State = RunRecord::State;
using Actions = PackageActions;

// dpkg was killed between the old postrm, which closes a package, and its own note that the new version is
// unpacked. The next run of dpkg finds the record.

namespace {

/// The first call of the next run.
Snapshot next_run() {
  Snapshot snapshot = both(Moment::about_to_unpack, "app");
  snapshot.run = "4712 2";
  return snapshot;
}

std::vector<std::string> rolled_back(const RunRecord& record, const Snapshot& snapshot) {
  std::vector<std::string> packages;
  for (const PackageAction& action : next(record, Called{}, snapshot))
    if (const auto* one = std::get_if<RollBack>(&action)) packages.push_back(one->package);
  return packages;
}

}  // namespace

TEST_CASE("a package that dpkg was killed in, though its call has closed it, is rolled back with its set") {
  Snapshot snapshot = next_run();
  snapshot.packages->at("app").half_installed = true;
  CHECK(rolled_back(set_record(State::done, true), snapshot) == std::vector<std::string>{"lib", "app"});
}

TEST_CASE("a package that has come is closed, also while dpkg unpacks it again") {
  Snapshot snapshot = next_run();
  snapshot.packages->at("app").half_installed = true;
  snapshot.packages->at("app").relations = relations("app", "2");
  CHECK(rolled_back(set_record(State::done, true, true), snapshot).empty());
}

TEST_CASE("in the record of another run it is looked up what has come, also if all packages are closed") {
  Snapshot snapshot = next_run();
  snapshot.packages.reset();
  CHECK(next(set_record(State::done, true, true), Called{}, snapshot) == Actions{LookUp{}});
}

TEST_CASE("what APT's next dpkg configures was unpacked: nothing is looked up for a package that was alone") {
  RunRecord record = set_record(State::done, true, true);
  Snapshot snapshot = next_run();
  snapshot.packages.reset();
  snapshot.moment = Moment::configured;
  CHECK(next(record, Called{}, snapshot) == Actions{LookUp{}});  // the other package may not have come
  auto& packages = record.groups.front().packages;
  std::erase_if(packages, [](const auto& package) { return package.name != "app"; });
  CHECK(next(record, Called{}, snapshot) == Actions{DropAllStaged{}, Store{}});
  snapshot.package = "lib";
  CHECK(next(record, Called{}, snapshot) == Actions{LookUp{}});
  packages.front().closed = false;
  snapshot.package = "app";
  CHECK(next(record, Called{}, snapshot) == Actions{LookUp{}});
}

TEST_CASE("the version of a package that is upgraded alone is recorded, to know whether it has come") {
  Snapshot snapshot = alone(Moment::both_on_disk);
  snapshot.unpacking_relations = relations("app", "2");
  const Actions actions = next({}, Called{}, snapshot);
  RunRecord record = std::get<Store>(actions.front()).record;
  CHECK(record.groups.front().packages.front().version == "2");
  record.groups.front().state = State::done;
  record.groups.front().packages.front().closed = true;
  snapshot = next_run();
  snapshot.packages->at("app").half_installed = true;
  CHECK(rolled_back(record, snapshot) == std::vector<std::string>{"app"});
}
