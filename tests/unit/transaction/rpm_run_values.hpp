// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include "run_values.hpp"

/// What the tests of runs of rpm have in common: the packages lib and app, each with one application of its
/// name; version 2 of app needs version 2 of lib.
namespace erlrc::test {

inline PackageRelations relations(const std::string& name, const std::string& vsn) {
  PackageRelations made{name, vsn};
  if (name == "app") made.needs = {{{"lib", ">=", vsn, true}}};
  return made;
}

inline InstalledPackage installed(const std::string& name, const std::string& vsn) {
  return {relations(name, vsn), "noarch", false, member(name, vsn), {}};
}

/// The end of a list without applications to start: what came of the rest counts.
inline const Execute nothing_to_start{{}, Execute::How::each, true};

}  // namespace erlrc::test
