// SPDX-License-Identifier: BSD-3-Clause
#include "inclusions.hpp"

#include <algorithm>

namespace erlrc {
namespace {

bool contains(const std::vector<Atom>& apps, const Atom& app) {
  return std::ranges::find(apps, app) != apps.end();
}

void add_nested(const std::vector<Atom>& apps, const NodeState& node, std::vector<Atom>& found) {
  for (const Atom& app : apps) {
    if (contains(found, app)) continue;
    found.push_back(app);
    if (const auto loaded = node.loaded.find(app); loaded != node.loaded.end())
      add_nested(loaded->second.included, node, found);
  }
}

/// The applications, and those that they include as far as the node has loaded them.
std::vector<Atom> with_nested(const std::vector<Atom>& apps, const NodeState& node) {
  std::vector<Atom> found;
  add_nested(apps, node, found);
  return found;
}

}  // namespace

Inclusions::Inclusions(const AppFiles& from, const AppFiles& to, const NodeState& node,
                       const Desired& desired)
    : app_(to.spec.name),
      direct_(to.spec.included_applications),
      node_(node),
      desired_(desired),
      before_(with_nested(from.spec.included_applications, node)),
      after_(with_nested(to.spec.included_applications, node)) {}

std::optional<Refusal> Inclusions::twice() const {
  for (const Atom& inner : after_) {
    if (contains(before_, inner)) continue;
    if (const auto other = included_elsewhere(inner))
      return Refusal{Refusal::Reason::would_run_twice, other->name + " runs and includes " + inner.name +
                                                           ", and so would " + app_.name + ": " +
                                                           other->name + " must be upgraded first"};
  }
  return std::nullopt;
}

std::vector<Step> Inclusions::enter() const {
  std::vector<Step> steps;
  for (const Atom& inner : after_) {
    if (contains(before_, inner)) continue;
    if (runs(node_, inner)) steps.push_back(StopApp{inner});
    // application_controller loads included applications only together with the one that includes them.
    if (contains(direct_, inner) && !node_.loaded.contains(inner)) steps.push_back(LoadApp{inner, inner});
  }
  return steps;
}

std::vector<Step> Inclusions::leave() const {
  std::vector<Step> steps;
  std::vector<Atom> running = after_;
  for (const Atom& inner : before_) {
    if (contains(running, inner) || !desired_.contains(inner) || runs(node_, inner)) continue;
    if (included_elsewhere(inner)) continue;
    steps.push_back(StartApp{inner});
    running.push_back(inner);
    std::ranges::copy(included_in_loaded(inner), std::back_inserter(running));
  }
  return steps;
}

std::vector<Atom> Inclusions::included_in_loaded(const Atom& app) const {
  const auto loaded = node_.loaded.find(app);
  return loaded == node_.loaded.end() ? std::vector<Atom>{} : with_nested(loaded->second.included, node_);
}

/// The running application of another tree that includes it and keeps running.
std::optional<Atom> Inclusions::included_elsewhere(const Atom& inner) const {
  const auto root = included_by(node_, app_);
  for (const auto& [outer, type] : node_.running) {
    if (outer == app_ || outer == root || contains(after_, outer)) continue;
    if (contains(included_in_loaded(outer), inner)) return outer;
  }
  return std::nullopt;
}

}  // namespace erlrc
