// SPDX-License-Identifier: BSD-3-Clause
#include "catch.hpp"
#include "dpkg_run_values.hpp"

using namespace erlrc;
using namespace erlrc::test;
using How = Execute::How;
using Actions = PackageActions;

// Version 2 of app breaks lib, or conflicts with it; dpkg has deconfigured lib, or is removing it.

namespace {

PackageRelations breaking(const std::string& field) {
  return relations_of({{"Package", "app"}, {"Version", "2"}, {field, "lib"}});
}

Snapshot upgrade_of_app(const std::string& field) {
  Snapshot snapshot = both(Moment::both_on_disk);
  snapshot.archives = {{"app.deb", breaking(field)}};
  snapshot.unpacking_relations = breaking(field);
  snapshot.staged.clear();
  return snapshot;
}

const Ask kRunsLib{Ask::What::would_change, {reversed(start("lib", "1"))}};

}  // namespace

TEST_CASE("a package that breaks a configured one is refused") {
  CHECK(std::holds_alternative<Refuse>(next({}, Called{}, upgrade_of_app("Breaks")).back()));
}

TEST_CASE("a package for which dpkg has deconfigured the one that it breaks is skipped in the nodes") {
  Snapshot snapshot = upgrade_of_app("Breaks");
  snapshot.packages->at("lib").half_configured = true;
  const Ask lib{Ask::What::needs_restart, {start("lib", "1")}};
  CHECK(next({}, Called{}, snapshot) == Actions{lib});
  snapshot.answers.emplace_back(lib, false);
  CHECK(next({}, Called{}, snapshot) == Actions{Skip{"app 2 breaks lib, and lib is 1"}});
}

TEST_CASE("a package that dpkg is removing in favour of the calling one does not keep it from its upgrade") {
  Snapshot snapshot = upgrade_of_app("Conflicts");
  snapshot.packages->at("lib").half_installed = true;
  CHECK(next({}, Called{}, snapshot) == Actions{kRunsLib});
  snapshot.answers.emplace_back(kRunsLib, false);
  CHECK(next({}, Called{}, snapshot).back() == PackageAction{Execute{{up("app")}, How::all_or_none, true}});
}

TEST_CASE("it does so as long as a node runs it") {
  Snapshot snapshot = upgrade_of_app("Conflicts");
  snapshot.packages->at("lib").half_installed = true;
  snapshot.answers.emplace_back(kRunsLib, true);
  CHECK(std::holds_alternative<Refuse>(next({}, Called{}, snapshot).back()));
}
