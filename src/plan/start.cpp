// SPDX-License-Identifier: BSD-3-Clause
#include <algorithm>
#include <string>
#include <utility>

#include <erlrc/app/app_override.hpp>
#include <erlrc/plan/boot_problem.hpp>

#include "inclusions.hpp"
#include "start_impl.hpp"

namespace erlrc {
namespace {

/// The included applications of the loaded one that are loaded on their own already: they stay.
std::vector<Atom> loaded_of(const std::vector<Atom>& apps, const NodeState& node) {
  std::vector<Atom> found;
  for (const Atom& app : apps)
    if (node.loaded.contains(app)) found.push_back(app);
  return found;
}

}  // namespace

LoadModules all_modules(const AppFiles& files) {
  LoadModules step{files.location, {}};
  for (const auto& [module, beam] : files.beams)
    // What runs of a protocol is not the application's own module of that name. What the author did not list
    // and what needs more than loading waits until it is called.
    if (!(files.unlisted.contains(module) && beam.on_load) &&
        (!files.consolidated || !files.consolidated->beams.contains(module)))
      step.modules.push_back({module, to_bytes(beam.md5)});
  // What runs when it is loaded may call the others, as at a boot, where it runs when all are loaded.
  std::ranges::stable_partition(
      step.modules, [&](const LoadModules::Item& item) { return !files.beams.at(item.module).on_load; });
  return step;
}

/// As the release has consolidated them.
LoadModules own_protocols(const AppFiles& files) {
  LoadModules step{files.consolidated->dir, {}};
  for (const auto& [module, beam] : files.consolidated->beams)
    if (files.beams.contains(module)) step.modules.push_back({module, to_bytes(beam.md5)});
  return step;
}

std::optional<Refusal> contradiction(const AppFiles& files, const NodeState& node) {
  const AppSpec& spec = files.spec;
  for (const Atom& inner : spec.included_applications)
    if (std::ranges::find(spec.applications, inner) != spec.applications.end())
      return Refusal{Refusal::Reason::depends_on_included,
                     describe(DependencyIncluded{spec.name, inner, spec.name})};
  const AppFiles nothing;
  const Desired none;
  return Inclusions(nothing, files, node, none).twice();
}

AppSpec depending_on_outermost(AppSpec spec, const NodeState& node) {
  for (const Atom& dependency : std::vector<Atom>(spec.applications))
    if (const auto outer = included_by(node, dependency); outer && !runs(node, dependency))
      spec = depending_on(std::move(spec), dependency, *outer);
  return spec;
}

std::vector<Atom> not_running(const AppSpec& spec, const NodeState& node) {
  std::vector<Atom> found;
  for (const Atom& dependency : spec.applications) {
    const bool always = dependency.name == "kernel" || dependency.name == "stdlib";
    if (!always && !runs(node, dependency) && !included_by(node, dependency)) found.push_back(dependency);
  }
  return found;
}

Refusal started_elsewhere(const Atom& app) {
  return {Refusal::Reason::starting, app.name + " is already being started"};
}

Refusal other_version_runs(const Atom& app, const std::string& running, const std::string& desired) {
  return {Refusal::Reason::other_version, "version " + running + " of " + app.name + " runs, not " + desired};
}

void append_start(Plan& plan, const AppFiles& files, const NodeState& node, Step path) {
  const Atom& app = files.spec.name;
  LoadModules load = all_modules(files);
  plan.steps.push_back(RequireNotRunning{app});
  plan.steps.push_back(BackUpReplaced{load.location.read_from, load.modules});
  plan.steps.push_back(std::move(path));
  const auto loaded = node.loaded.find(app);
  if (loaded != node.loaded.end() && loaded->second.vsn != files.spec.vsn)
    plan.steps.push_back(UnloadApp{app, loaded_of(loaded->second.included, node)});
  plan.steps.push_back(LoadApp{app, depending_on_outermost(files.spec, node).term});
  plan.steps.push_back(RequireLoaded{app, files.spec.vsn});
  plan.steps.push_back(std::move(load));
  if (files.consolidated) plan.steps.push_back(own_protocols(files));
  if (included_by(node, app)) {
    plan.word = Word::included;
    return;
  }
  plan.word = Word::started;
  for (const Atom& inner : files.spec.included_applications)
    if (runs(node, inner)) {  // a node must not run an application twice
      plan.steps.push_back(StopApp{inner});
      plan.word = Word::started_included_stopped;
    }
  // As a boot does it. What has a package was started by that, but OTP's own applications were not.
  if (auto needed = not_running(files.spec, node); !needed.empty())
    plan.steps.push_back(StartNeeded{app, std::move(needed)});
  plan.steps.push_back(StartApp{app});
}

Decision plan_start(const Atom& app, const Version& version, const NodeState& node, const Files& files) {
  if (runs(node, app)) {
    const std::string running = loaded_vsn(node, app).value_or("?");
    if (running == version.vsn) return Plan{Word::already_running};
    return other_version_runs(app, running, version.vsn + " (use erlrc-upgrade)");
  }
  if (node.starting.contains(app)) return started_elsewhere(app);
  const auto outer = included_by(node, app);
  if (outer && loaded_vsn(node, app) == version.vsn) return Plan{Word::included};
  if (outer && loaded_vsn(node, app))
    return other_version_runs(app, *loaded_vsn(node, app),
                              version.vsn + ": " + outer->name + " includes it (use erlrc-upgrade)");
  const AppFiles& to = files.all(version);
  if (auto refusal = contradiction(to, node)) return *std::move(refusal);
  Plan plan;
  append_start(plan, to, node, AddPath{to.location.in_path});
  return plan;
}

}  // namespace erlrc
