// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include "run_values.hpp"

/// What the tests of runs of dpkg have in common: the packages lib and app, each with one application of its
/// name; version 2 of each needs version 2 of the other one. dpkg unpacks app first.
namespace erlrc::test {

inline PackageRelations relations(const std::string& name, const std::string& vsn,
                                  const std::string& needs = "") {
  return relations_of({{"Package", name}, {"Version", vsn}, {"Depends", needs}});
}

inline Request up(const std::string& name, PackagedApp to, PackagedApp from) {
  return {Atom{name}, Request::Change{Direction::up, {from.vsn, from.location}, {to.vsn, to.location}}};
}

inline Request up(const std::string& name) {
  return up(name, at(name, "2"), at(name, "1"));
}

inline Request up_staged() {
  return up("lib", staged("lib"), at("lib", "1"));
}

inline RollBack back(const std::string& package, const Request& request, std::optional<PackagedApps> stays) {
  return {package, {reversed(request)}, std::move(stays)};
}

/// The facts while dpkg upgrades one package with hooks.
inline Snapshot alone(Moment moment, const std::string& package = "app") {
  Snapshot snapshot;
  snapshot.moment = moment;
  snapshot.package = package;
  snapshot.run = kRun;
  snapshot.staging = "/staged";
  snapshot.installed = member(package, moment == Moment::configured ? "2" : "1");
  if (moment != Moment::configured) snapshot.unpacking = member(package, "2");
  snapshot.hooked = {package};
  snapshot.archives = {{package + ".deb"}};
  return snapshot;
}

/// The facts while dpkg upgrades app, then lib, when all has been looked up.
inline Snapshot both(Moment moment, const std::string& package = "app") {
  Snapshot snapshot = alone(moment, package);
  snapshot.hooked = {"app", "lib"};
  snapshot.packages = {{"app", {relations("app", "1"), "all", false, member("app", "1")}},
                       {"lib", {relations("lib", "1"), "all", false, member("lib", "1")}}};
  snapshot.archives = {{"app.deb", relations("app", "2", "lib (>= 2)")},
                       {"lib.deb", relations("lib", "2", "app (>= 2)"), member("lib", "2")}};
  snapshot.opened = true;
  snapshot.unpacking_relations = relations(package, "2");
  snapshot.answers = {{Ask{Ask::What::would_change, {up(package)}}, true}};
  snapshot.staged = {{"lib.deb", {}}};
  return snapshot;
}

/// The record while app and lib are upgraded as one upgrade set.
inline RunRecord set_record(RunRecord::State state, bool app_closed = false, bool lib_closed = false) {
  return {kRun,
          {{state,
            "",
            {{"app", "1", "2", {up("app")}, app_closed}, {"lib", "1", "2", {up_staged()}, lib_closed}}}}};
}

inline Warn continues(const std::string& package) {
  return {package + ": dpkg continues, since the failure has changed no node"};
}

/// The record while one package is upgraded.
inline RunRecord alone_record(RunRecord::State state, bool closed = false) {
  return {kRun, {{state, "", {{"app", "", "", {up("app")}, closed}}}}};
}

/// The same record after a failure.
inline RunRecord failed(RunRecord record, const std::string& because, bool clean = false) {
  record.groups.front().state = RunRecord::State::failed;
  record.groups.front().because = because;
  record.groups.front().clean = clean;
  return record;
}

/// The first line of a refusal.
inline Warn named(const std::string& because) {
  return {because, true};
}

}  // namespace erlrc::test
