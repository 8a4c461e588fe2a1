// SPDX-License-Identifier: BSD-3-Clause
#include <algorithm>
#include <cstdint>
#include <iterator>
#include <optional>
#include <utility>
#include <variant>

#include <erlrc/app/make_appup.hpp>
#include <erlrc/base/error.hpp>
#include <erlrc/plan/plan.hpp>
#include <erlrc/script/coverage.hpp>
#include <erlrc/script/translate.hpp>
#include <erlrc/term/match.hpp>
#include <erlrc/term/text.hpp>

#include "find_script.hpp"
#include "inclusions.hpp"
#include "left_to_start.hpp"
#include "libraries.hpp"
#include "script_steps.hpp"
#include "start_impl.hpp"

// Upgrade and downgrade are one thing: from the version that runs to another. They differ in whose appup
// counts (always the later version's) and in the arguments of code_change.

namespace erlrc {
namespace {

/// A record that has other fields, as many as before, is found by its definitions only.
std::optional<std::string> note_on_records(const AppFiles& from, const AppFiles& to) {
  std::vector<std::string> names;
  for (const auto& [module, beam] : to.beams) {
    const auto before = from.beams.find(module);
    if (before == from.beams.end() || before->second.md5 == beam.md5) continue;
    if (before->second.hides_records || beam.hides_records) names.push_back(module_name(module.name));
  }
  if (names.empty()) return std::nullopt;
  return "the fields of records are not compared, without debug information, of modules " + listed(names);
}

/// Whether it waits for no other node than `node`.
bool concerns_only(const SyncNodes& sync, const std::string& node) {
  const auto nodes = as_atoms(sync.nodes);
  return nodes && std::ranges::all_of(*nodes, [&](const Atom& other) { return other.name == node; });
}

/// Why no running node can do the script, if that is so.
std::optional<std::string> needs_restart(const std::vector<LowLevel>& script, const std::string& node) {
  for (const LowLevel& instruction : script) {
    if (std::holds_alternative<RestartNewEmulator>(instruction))
      return "its appup asks for restart_new_emulator";
    if (std::holds_alternative<RestartEmulator>(instruction)) return "its appup asks for restart_emulator";
    if (const auto* sync = std::get_if<SyncNodes>(&instruction); sync && !concerns_only(*sync, node))
      return "its appup asks for sync_nodes with other nodes";
  }
  return std::nullopt;
}

bool contains(const std::vector<Atom>& apps, const Atom& app) {
  return std::ranges::find(apps, app) != apps.end();
}

/// The protocols of an Elixir release as they run: consolidated, those of all its applications.
AppFiles with_protocols(AppFiles files) {
  if (!files.consolidated) return files;
  files.in_place = false;
  for (const auto& [module, beam] : files.consolidated->beams) {
    if (!files.beams.contains(module)) files.spec.modules.push_back(module);
    files.beams.insert_or_assign(module, beam);
  }
  return files;
}

/// What the new version needs, the old one did not, and no start has asked for yet.
std::optional<Step> start_newly_needed(const AppSpec& from, const AppSpec& to, const NodeState& node) {
  std::vector<Atom> needed = not_running(to, node);
  std::erase_if(needed, [&](const Atom& app) { return contains(from.applications, app); });
  if (needed.empty()) return std::nullopt;
  return StartNeeded{to.name, std::move(needed)};
}

/// The two versions as the node is to run them. A version that differs from its files in that is a copy.
class RunningVersions {
public:
  /// Keeps references to the files.
  RunningVersions(const AppFiles& from, const AppFiles& to, const NodeState& node) : from_(&from), to_(&to) {
    if (from.consolidated && to.consolidated) {
      from_ = &own_from_.emplace(with_protocols(from));
      to_ = &own_to_.emplace(with_protocols(to));
    }
    AppSpec spec = depending_on_outermost(to_->spec, node);
    if (spec.applications == to_->spec.applications) return;
    if (!own_to_) to_ = &own_to_.emplace(to);
    own_to_->spec = std::move(spec);
  }
  RunningVersions(const RunningVersions&) = delete;
  RunningVersions& operator=(const RunningVersions&) = delete;

  const AppFiles& from() const { return *from_; }
  const AppFiles& to() const { return *to_; }

private:
  const AppFiles* from_;
  const AppFiles* to_;
  std::optional<AppFiles> own_from_;
  std::optional<AppFiles> own_to_;
};

void append(std::vector<Step>& steps, std::vector<Step> more) {
  std::ranges::move(more, std::back_inserter(steps));
}

Word word_of(const Request::Change& change) {
  return change.direction == Direction::up ? Word::upgraded : Word::downgraded;
}

bool restarts(const ScriptSteps& script, const Atom& app) {
  return std::ranges::find(script.change, Step{StopApp{app}}) != script.change.end();
}

Decision plan_running(const Atom& app, const Request::Change& change, const NodeState& node,
                      const RunningVersions& versions, const Desired& desired) {
  const AppFiles& from = versions.from();
  const AppFiles& to = versions.to();
  Script script = find_script(from, to, change.direction, change.policy.engine);
  if (auto why = needs_restart(script.instructions, node.node))
    return Refusal{Refusal::Reason::appup_needs_restart, *std::move(why)};
  const Inclusions inclusions(from, to, node, desired);
  if (auto refusal = inclusions.twice()) return *std::move(refusal);
  if (auto refusal = loses_nifs(to, script.instructions)) return *std::move(refusal);

  ScriptSteps made = script_steps(script, from, to, node, change.policy);
  Plan plan{word_of(change),
            {RequireLoaded{app, change.from.vsn}},
            std::move(script.remarks),
            {std::move(script.origin)}};
  std::ranges::move(inclusions.losses(), std::back_inserter(plan.remarks));
  if (auto note = note_on_records(from, to)) plan.notes.push_back(*std::move(note));
  std::ranges::move(made.notes, std::back_inserter(plan.notes));
  if (!restarts(made, app))
    for (std::string& remark : left_to_start(from, to))
      plan.remarks.push_back(std::move(remark));
  if (change.explain) plan.modules = explain_modules(from, to, script.instructions);
  append(plan.steps, std::move(made.before));
  if (auto needed = start_newly_needed(from.spec, to.spec, node)) plan.steps.push_back(*std::move(needed));
  append(plan.steps, inclusions.enter());
  append(plan.steps, std::move(made.change));
  append(plan.steps, inclusions.leave());
  append(plan.steps, std::move(made.last));
  return plan;
}

/// Nothing runs, so there is no state to convert: the new version takes the place of the old one and is
/// started.
Decision plan_not_running(const Request::Change& change, const NodeState& node, const AppFiles& from,
                          const AppFiles& to) {
  if (auto refusal = contradiction(to, node)) return *std::move(refusal);
  Plan plan;
  append_start(plan, to, node, ReplacePath{from.location.in_path, to.location.in_path});
  UnloadModules gone{to.spec.name, {}};
  for (const Atom& module : from.spec.modules)
    if (!contains(to.spec.modules, module)) gone.modules.push_back(module);
  if (!gone.modules.empty()) plan.steps.push_back(std::move(gone));
  plan.word = word_of(change);
  return plan;
}

/// The files of the version before, if they are still there, next to the new ones.
const AppFiles* files_before(const Request::Change& change, const AppFiles& to, const Files& files) {
  const auto& location = change.from.location;
  return location && *location != to.location && files.exist(change.from) ? &files.all(change.from) : nullptr;
}

/// Code of which only the digest is known.
void set_unknown(Beam& beam, const Bytes& md5) {
  beam.init.reset();
  beam.shapes = std::optional<Shapes>{};
  beam.self_calls = {};
  std::ranges::transform(md5, beam.md5.begin(), [](char byte) { return static_cast<std::uint8_t>(byte); });
}

/// The version that runs: its files, or the new ones if these have replaced them, with the code that the node
/// has loaded.
AppFiles loaded_build(const AppFiles& to, const AppFiles* before, const NodeState& node) {
  AppFiles from = before != nullptr ? *before : to;
  from.appup.reset();
  from.in_place = false;
  for (const auto& [module, md5] : node.code)
    if (!from.beams.contains(module) && !node.generated.contains(module)) {
      from.spec.modules.push_back(module);
      from.beams[module].module = module;
    }
  for (auto& [module, beam] : from.beams) {
    const auto newer = to.beams.find(module);
    const auto loaded = node.code.find(module);
    // The application's own, in place of the file's, or not loaded yet: it stays as it is.
    const bool stays = loaded == node.code.end() || node.generated.contains(module);
    if (newer != to.beams.end() && (stays || loaded->second == to_bytes(newer->second.md5))) {
      beam = newer->second;
    } else if (!stays && loaded->second != to_bytes(beam.md5)) {
      set_unknown(beam, loaded->second);
    }
  }
  return from;
}

bool has_other_code(const AppFiles& from, const AppFiles& to) {
  return !std::ranges::equal(from.beams, to.beams, [](const auto& one, const auto& other) {
    return one.first == other.first && one.second.md5 == other.second.md5;
  });
}

bool has_unknown_states(const AppFiles& from, const AppFiles& to) {
  return std::ranges::any_of(from.beams, [&](const auto& entry) {
    const auto newer = to.beams.find(entry.first);
    return newer != to.beams.end() && newer->second.md5 != entry.second.md5 && newer->second.shapes() &&
           !entry.second.shapes();
  });
}

/// The code that runs is that of the files. It may have moved to another directory.
Plan plan_moved(const Atom& app, const Request::Change& change, const AppFiles& to) {
  Plan plan{Word::already_running};
  const Location from = change.from.location.value_or(to.location);
  if (from.in_path != to.location.in_path)
    plan.steps = {RequireLoaded{app, change.to.vsn}, ReplacePath{from.in_path, to.location.in_path}};
  if (auto check = check_ports(to)) plan.steps.push_back(*std::move(check));
  return plan;
}

/// The same version again: a rebuilt package, a security fix. Only what differs from the loaded code is
/// exchanged.
Decision plan_rebuilt(const Atom& app, const Request::Change& change, const NodeState& node,
                      const Files& files, const Desired& desired) {
  AppFiles to = files.all(change.to);
  to.appup.reset();  // it is for other versions
  const AppFiles* before = files_before(change, to, files);
  AppFiles from = loaded_build(to, before, node);
  if (has_other_libraries(before, to, node)) {
    if (before == nullptr) from.libraries.reset();
  } else if (!has_other_code(from, to)) {
    return plan_moved(app, change, to);
  }
  from.location = change.from.location.value_or(to.location);
  Decision decision = plan_running(app, change, node, RunningVersions(from, to, node), desired);
  if (auto* plan = std::get_if<Plan>(&decision)) {
    plan->notes = {"same version, other code"};
    if (has_unknown_states(from, to))
      plan->remarks.push_back("the files of the code that runs are gone: states are not compared with it");
  }
  return decision;
}

}  // namespace

Decision plan_upgrade(const Atom& app, const Request::Change& change, const NodeState& node,
                      const Files& files, const Desired& desired) {
  if (node.starting.contains(app)) return started_elsewhere(app);
  const auto loaded = loaded_vsn(node, app);
  const bool active = runs(node, app) || included_by(node, app);
  if (!active) {
    if (!change.start) return Plan{Word::not_running};
    if (!files.exist(change.from)) return plan_start(app, change.to, node, files);
    return plan_not_running(change, node, files.spec(change.from), files.all(change.to));
  }
  if (loaded == change.to.vsn && change.from.vsn != change.to.vsn) return Plan{Word::already_running};
  if (loaded != change.from.vsn)
    return other_version_runs(app, loaded.value_or("?"), change.from.vsn + " or " + change.to.vsn);
  if (change.from.vsn == change.to.vsn) return plan_rebuilt(app, change, node, files, desired);
  if (!files.exist(change.from)) {
    const std::string directory = change.from.location ? " " + change.from.location->read_from : "";
    return Refusal{
        Refusal::Reason::files_gone,
        app.name + " " + change.from.vsn + " runs, but its directory" + directory + " does not exist"};
  }
  const RunningVersions versions(files.all(change.from), files.all(change.to), node);
  return plan_running(app, change, node, versions, desired);
}

}  // namespace erlrc
