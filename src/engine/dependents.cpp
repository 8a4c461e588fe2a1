// SPDX-License-Identifier: BSD-3-Clause
#include "dependents.hpp"

#include <algorithm>
#include <set>
#include <utility>

#include <erlrc/base/error.hpp>
#include <erlrc/base/graph.hpp>
#include <erlrc/site/app_dir.hpp>

namespace erlrc {
namespace {

/// A file that cannot be read names nothing: its own package reports it.
std::set<std::string> needs_of(const PackagedApp& app) {
  std::set<std::string> needs;
  try {
    const AppSpec spec = load_spec(app.location.read_from, app.app);
    for (const auto* apps : {&spec.applications, &spec.included_applications})
      for (const Atom& needed : *apps)
        needs.insert(needed.name);
  } catch (const Error&) {
    return {};
  }
  return needs;
}

}  // namespace

std::vector<Dependent> dependents_of(const PackagedApps& apps,
                                     const std::map<std::string, ControlMember>& others) {
  std::map<std::string, Dependent> known;
  Dependencies graph;
  for (const auto& [package, member] : others)
    for (const PackagedApp& app : managed_apps(member).value_or(PackagedApps{})) {
      known[app.app.name] = {package, app, member.nodes};
      graph[app.app.name] = needs_of(app);
    }
  std::set<std::string> needed;
  for (const PackagedApp& app : apps)
    needed.insert(app.app.name);
  std::vector<Dependent> found;
  const auto is_needed = [&](const std::string& name) { return needed.contains(name); };
  for (const auto& group : ordered_groups(graph)) {
    if (std::ranges::none_of(group,
                             [&](const auto& name) { return std::ranges::any_of(graph[name], is_needed); }))
      continue;
    for (const std::string& name : group) {
      needed.insert(name);
      found.push_back(known.at(name));
    }
  }
  std::ranges::reverse(found);
  return found;
}

}  // namespace erlrc
