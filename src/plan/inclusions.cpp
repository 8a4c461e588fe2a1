// SPDX-License-Identifier: BSD-3-Clause
#include "inclusions.hpp"

#include <algorithm>
#include <string>

namespace erlrc {
namespace {

bool contains(const std::vector<Atom>& apps, const Atom& app) {
  return std::ranges::find(apps, app) != apps.end();
}

}  // namespace

Inclusions::Inclusions(const AppFiles& from, const AppFiles& to, const NodeState& node,
                       const Desired& desired)
    : app_(to.spec.name),
      direct_(to.spec.included_applications),
      node_(node),
      desired_(desired),
      before_(IncludedApps(node).add(from.spec.included_applications)),
      after_(IncludedApps(node).add(to.spec.included_applications)),
      in_before_(before_.begin(), before_.end()),
      in_after_(after_.begin(), after_.end()),
      elsewhere_(included_elsewhere()) {}

std::optional<Refusal> Inclusions::twice() const {
  for (const Atom& inner : after_) {
    if (in_before_.contains(inner)) continue;
    const auto found = elsewhere_.find(inner);
    if (found == elsewhere_.end()) continue;
    const std::string& other = found->second.name;
    return Refusal{Refusal::Reason::would_run_twice, other + " runs and includes " + inner.name +
                                                         ", and so would " + app_.name + ": " + other +
                                                         " must be upgraded first"};
  }
  return std::nullopt;
}

std::vector<Step> Inclusions::enter() const {
  std::vector<Step> steps;
  for (const Atom& inner : after_) {
    if (in_before_.contains(inner)) continue;
    if (runs(node_, inner)) steps.push_back(StopApp{inner});
    // application_controller loads included applications only together with the one that includes them.
    if (contains(direct_, inner) && !node_.loaded.contains(inner)) steps.push_back(LoadApp{inner, inner});
  }
  return steps;
}

std::vector<Step> Inclusions::leave() const {
  std::vector<Step> steps;
  for (const Atom& inner : started_alone())
    steps.push_back(StartApp{inner});
  return steps;
}

std::vector<std::string> Inclusions::losses() const {
  std::vector<std::string> remarks;
  for (const Atom& inner : after_)
    if (!in_before_.contains(inner) && runs(node_, inner))
      remarks.push_back("application " + inner.name +
                        " becomes included: it is stopped, and what its processes know is lost");
  for (const Atom& inner : started_alone())
    remarks.push_back("application " + inner.name +
                      " is no longer included: it is started by itself, and what its processes know is lost");
  return remarks;
}

std::vector<Atom> Inclusions::started_alone() const {
  std::vector<Atom> started;
  IncludedApps with_started(node_);
  for (const Atom& inner : before_) {
    if (in_after_.contains(inner) || with_started.contains(inner)) continue;
    if (!desired_.contains(inner) || runs(node_, inner) || elsewhere_.contains(inner)) continue;
    started.push_back(inner);
    with_started.add({inner});
  }
  return started;
}

/// What the running applications of other trees, which keep running, include.
std::map<Atom, Atom> Inclusions::included_elsewhere() const {
  std::map<Atom, Atom> found;
  const auto root = included_by(node_, app_);
  IncludedApps included(node_);
  for (const auto& [outer, type] : node_.running) {
    if (outer == app_ || outer == root || in_after_.contains(outer)) continue;
    for (const Atom& inner : included.add_those_of(outer))
      found.emplace(inner, outer);
  }
  return found;
}

}  // namespace erlrc
