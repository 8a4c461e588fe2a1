// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <erlrc/transaction/package_run.hpp>

/// What the tests of package runs have in common: packages with one application each, of the same name.
namespace erlrc::test {

inline const std::string kRun = "4711 1";

inline PackagedApp at(const std::string& name, const std::string& vsn) {
  return {Atom{name}, vsn, "/l/" + name + "-" + vsn + "/ebin"};
}

inline ControlMember member(const std::string& name, const std::string& vsn) {
  return {{at(name, vsn)}, PackagePolicy::hot, {}};
}

inline Request start(const std::string& name, const std::string& vsn) {
  return {Atom{name}, Request::Start{{vsn, at(name, vsn).location}}};
}

/// The backup of version 1 of a package.
inline PackagedApp backup_of(const std::string& name) {
  PackagedApp app = at(name, "1");
  app.location = Location::backed_up(app.location.in_path, "/backups/" + name + "/" + name);
  return app;
}

/// The staged files of a new version.
inline PackagedApp staged(const std::string& name, const std::string& vsn = "2") {
  PackagedApp app = at(name, vsn);
  app.location = Location::staged(app.location.in_path, "/staged/" + name + app.location.in_path);
  return app;
}

}  // namespace erlrc::test
