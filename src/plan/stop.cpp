// SPDX-License-Identifier: BSD-3-Clause
#include <erlrc/plan/plan.hpp>

#include <algorithm>
#include <utility>

#include "start_impl.hpp"

namespace erlrc {
namespace {

/// Included applications that shall run on their own once the one that includes them is gone.
std::vector<Atom> to_start(const std::vector<Atom>& included, const NodeState& node, const Desired& desired) {
  std::vector<Atom> found;
  for (const Atom& app : included)
    if (desired.contains(app) && !runs(node, app)) found.push_back(app);
  return found;
}

/// The included applications that must survive the unloading: they run on their own, or were just started.
std::vector<Atom> to_keep(const std::vector<Atom>& included, const std::vector<Atom>& started,
                          const NodeState& node) {
  std::vector<Atom> found;
  for (const Atom& app : included)
    if (runs(node, app) || std::ranges::find(started, app) != started.end()) found.push_back(app);
  return found;
}

}  // namespace

Decision plan_stop(const Atom& app, const Request::Stop& stop, const NodeState& node,
                   const Desired& desired) {
  const auto loaded = loaded_vsn(node, app);
  const bool running = runs(node, app);
  if (loaded && *loaded != stop.version.vsn && (running || stop.unload)) {
    if (running) return other_version_runs(app, *loaded, stop.version.vsn);
    return Refusal{Refusal::Reason::other_version_loaded,
                   "version " + *loaded + " of " + app.name + " is loaded, not " + stop.version.vsn};
  }
  if (node.starting.contains(app)) return started_elsewhere(app);
  const auto outer = running ? std::nullopt : included_by(node, app);
  if (outer && stop.unload)
    return Refusal{Refusal::Reason::runs_included, outer->name + " runs and includes " + app.name};

  Plan plan;
  std::vector<Atom> started;
  const std::vector<Atom> included = loaded ? node.loaded.at(app).included : std::vector<Atom>{};
  plan.word = Word::not_running;
  if (running) {
    plan.word = Word::stopped;
    plan.steps.push_back(RequireLoaded{app, stop.version.vsn});
    plan.steps.push_back(StopApp{app});
    started = to_start(included, node, desired);
    for (const Atom& inner : started) {
      plan.steps.push_back(StartApp{inner});
      plan.word = Word::stopped_included_started;
    }
  }
  if (!stop.unload) return plan;
  plan.word = Word::unloaded;
  if (!loaded) return plan;
  // First the path: a process that still calls one of the modules would load it again.
  if (stop.version.location) plan.steps.push_back(RemovePath{stop.version.location->in_path});
  // The node is asked for the modules, not the disk: when a package is removed, the files may be gone
  // already.
  UnloadModules modules{app, {}};
  for (const auto& [module, md5] : node.code)
    modules.modules.push_back(module);
  if (!modules.modules.empty()) plan.steps.push_back(std::move(modules));
  plan.steps.push_back(UnloadApp{app, to_keep(included, started, node)});
  return plan;
}

}  // namespace erlrc
