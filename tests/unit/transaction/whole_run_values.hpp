// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include "rpm_run_values.hpp"

/// What the tests of runs that a plugin of rpm reports have in common.
namespace erlrc::test::whole {

inline Request up(const std::string& name) {
  const PackagedApp from = backup_of(name), to = staged(name);
  return {Atom{name},
          Request::Change{.from = {from.vsn, from.location}, .to = {to.vsn, to.location}, .start = false}};
}

inline Request stop(const std::string& name) {
  return {Atom{name}, Request::Stop{{"1", at(name, "1").location}}};
}

/// The directory of the new version takes the place of the staged one.
inline Execute move(const std::string& name) {
  const PackagedApp from = staged(name);
  return {{{Atom{name},
            Request::Change{
                .from = {from.vsn, from.location}, .to = {"2", at(name, "2").location}, .start = false}}},
          Execute::How::move};
}

inline Archive archive(const std::string& name) {
  return {"/" + name + ".rpm", relations(name, "2"), member(name, "2")};
}

/// The facts before rpm upgrades lib and app, when all has been looked up and staged.
inline Snapshot upgrade_of_both() {
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
inline Snapshot end_with(const std::string& app, const std::string& lib) {
  Snapshot snapshot = upgrade_of_both();
  snapshot.moment = Moment::run_ended;
  snapshot.archives.clear();
  snapshot.removed.clear();
  snapshot.staged.clear();
  snapshot.packages = {{"app", installed("app", app)}, {"lib", installed("lib", lib)}};
  return snapshot;
}

inline RunRecord record(RunRecord::State state) {
  return {kRun,
          {{state,
            "",
            {{"lib", "1", "2", {up("lib")}, false, false}, {"app", "1", "2", {up("app")}, false, false}}}}};
}

/// A snapshot before rpm removes app.
inline Snapshot removal() {
  Snapshot snapshot = upgrade_of_both();
  snapshot.archives.clear();
  snapshot.staged.clear();
  snapshot.backups.clear();
  snapshot.removed = {"app"};
  return snapshot;
}

}  // namespace erlrc::test::whole
