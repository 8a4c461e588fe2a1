// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <map>
#include <string>
#include <vector>

#include <erlrc/transaction/snapshot.hpp>

namespace erlrc {

/// The applications of `others`, by package, that need one of `apps` according to their installed .app files,
/// each before those that it needs.
std::vector<Dependent> dependents_of(const PackagedApps& apps,
                                     const std::map<std::string, ControlMember>& others);

}  // namespace erlrc
