// SPDX-License-Identifier: BSD-3-Clause
#include <algorithm>
#include <map>
#include <set>
#include <utility>

#include <erlrc/app/make_appup.hpp>
#include <erlrc/base/error.hpp>
#include <erlrc/plan/plan.hpp>
#include <erlrc/script/translate.hpp>
#include <erlrc/term/match.hpp>
#include <erlrc/term/text.hpp>

#include "inclusions.hpp"
#include "script_steps.hpp"
#include "start_impl.hpp"

// Upgrade and downgrade are one thing: from the version that runs to another. They differ in whose appup
// counts (always the later version's) and in what code_change is told.

namespace erlrc {
namespace {

/// The low-level instructions of one upgrade, and what to say of them.
struct Script {
  std::vector<LowLevel> instructions;
  bool made = false;  ///< by us, because the package ships none for these versions
  std::string origin;
  std::vector<std::string> remarks;
};

std::string listed(const std::vector<std::string>& names) {
  constexpr std::size_t most = 5;
  std::string all;
  for (std::size_t i = 0; i < std::min(names.size(), most); ++i)
    all += (i == 0 ? "" : ", ") + names[i];
  return names.size() > most ? all + " and " + std::to_string(names.size() - most) + " more" : all;
}

/// What an author forgot, or left alone on purpose: modules with other code for which there is no
/// instruction.
std::optional<std::string> left_alone(const AppFiles& from, const AppFiles& to,
                                      const std::vector<LowLevel>& script) {
  std::set<Atom> mentioned;
  for (const LowLevel& instruction : script) {
    if (const auto* load = std::get_if<Load>(&instruction)) mentioned.insert(load->module);
    if (const auto* remove = std::get_if<Remove>(&instruction)) mentioned.insert(remove->module);
  }
  std::vector<std::string> left;
  for (const auto& [module, beam] : to.beams) {
    const auto old = from.beams.find(module);
    if ((old == from.beams.end() || old->second.md5 != beam.md5) && !mentioned.contains(module))
      left.push_back(module_name(module.name));
  }
  for (const auto& [module, beam] : from.beams)
    if (!to.beams.contains(module) && !mentioned.contains(module)) left.push_back(module_name(module.name));
  if (left.empty()) return std::nullopt;
  return "modules that differ and that the appup leaves as they are: " + listed(left);
}

Script find_script(const AppFiles& from, const AppFiles& to, Direction direction, Policy::Engine engine) {
  const AppFiles& later = direction == Direction::up ? to : from;
  const std::string& other = direction == Direction::up ? from.spec.vsn : to.spec.vsn;
  const std::string file = later.location.read_from + "/" + later.spec.name.name + ".appup";
  const AppupEntry* entry =
      within(file, [&] { return later.appup ? find_entry(*later.appup, direction, other) : nullptr; });
  Script script;
  std::vector<Term> terms;
  if (entry != nullptr) {
    terms = entry->instructions;
    script.origin = "appup: the one that " + later.spec.name.name + " " + later.spec.vsn + " ships";
  } else {
    script.made = true;
    MadeScript made = make_script(from, to, direction);
    terms = std::move(made.instructions);
    script.origin = later.appup ? "appup: made, because the shipped one has no entry for " + other
                                : "appup: made, because the package ships none";
    for (const AppupRemark& remark : made.remarks)
      script.remarks.push_back("module " + module_name(remark.module.name) + " " + describe(remark.kind));
  }
  within(file, [&] {
    std::vector<Instruction> instructions;
    instructions.reserve(terms.size());
    for (const Term& term : terms)
      instructions.push_back(parse_instruction(term));
    script.instructions =
        translate(instructions, direction, {to.spec}, {from.spec},
                  script.made && engine == Policy::Engine::erlrc ? Grouping::together : Grouping::as_otp);
  });
  if (!script.made)
    if (auto remark = left_alone(from, to, script.instructions)) script.remarks.push_back(*std::move(remark));
  return script;
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

/// The modules that would lose their NIFs: code that is loaded again starts without them, and without on_load
/// nobody loads them, unless the script calls somebody who may. (The hooks of supervisors are for children.)
std::optional<Refusal> loses_nifs(const AppFiles& to, const std::vector<LowLevel>& script) {
  std::string lost;
  for (const LowLevel& instruction : script) {
    if (const auto* call = std::get_if<Apply>(&instruction); call != nullptr && !counterpart(*call))
      return std::nullopt;
    const auto* load = std::get_if<Load>(&instruction);
    const auto beam = load != nullptr ? to.beams.find(load->module) : to.beams.end();
    if (beam == to.beams.end() || !beam->second.nif || beam->second.on_load) continue;
    lost += (lost.empty() ? "" : ", ") + module_name(load->module.name);
  }
  if (lost.empty()) return std::nullopt;
  return Refusal{Refusal::Reason::loses_nifs,
                 "changed modules with NIFs and without on_load, which would lose them: " + lost};
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

Decision plan_running(const Request& request, const NodeState& node, const AppFiles& own_from,
                      const AppFiles& own_to, const Wanted& wanted) {
  const bool both = own_from.consolidated && own_to.consolidated;
  std::optional<AppFiles> all_from;
  const AppFiles& from = both ? all_from.emplace(with_protocols(own_from)) : own_from;
  std::optional<AppFiles> other_to;
  if (both) other_to = with_protocols(own_to);
  AppSpec spec = depending_on_outermost((other_to ? *other_to : own_to).spec, node);
  if (!other_to && spec.applications != own_to.spec.applications) other_to = own_to;
  if (other_to) other_to->spec = std::move(spec);
  const AppFiles& to = other_to ? *other_to : own_to;
  const Direction direction = request.action == Action::downgrade ? Direction::down : Direction::up;
  const bool otp = request.policy.engine == Policy::Engine::otp;
  Script script = find_script(from, to, direction, request.policy.engine);
  if (auto why = needs_restart(script.instructions, node.node))
    return Refusal{Refusal::Reason::appup_needs_restart, *why};

  const Inclusions inclusions(from, to, node, wanted);
  if (auto refusal = inclusions.twice()) return *refusal;
  if (auto refusal = loses_nifs(to, script.instructions)) return *refusal;

  ScriptSteps steps(from, to, node);
  steps.append(script.instructions);

  Plan plan{Word::upgraded, {}, std::move(script.remarks), {std::move(script.origin)}};
  if (direction == Direction::down) plan.word = Word::downgraded;
  plan.steps.push_back(RequireLoaded{request.app, request.from.vsn});
  if (otp) {
    steps.switch_nothing();
    plan.notes.push_back("engine: release_handler of OTP");
  }
  std::ranges::move(steps.preparation(request.policy, script.made), std::back_inserter(plan.steps));
  if (auto stays = steps.stay_running()) plan.steps.push_back(*std::move(stays));
  if (auto needed = start_newly_needed(from.spec, to.spec, node)) plan.steps.push_back(*std::move(needed));
  std::ranges::move(inclusions.enter(), std::back_inserter(plan.steps));
  std::ranges::move(steps.notes(), std::back_inserter(plan.notes));
  if (otp) {
    plan.steps.push_back(steps.take_as_script(std::move(script.instructions)));
  } else {
    std::ranges::move(steps.take(), std::back_inserter(plan.steps));
    if (auto children = steps.change_children(request.policy)) plan.steps.push_back(*std::move(children));
  }
  if (auto check = steps.check_nifs()) plan.steps.push_back(*std::move(check));
  std::ranges::move(inclusions.leave(), std::back_inserter(plan.steps));
  if (auto purge = otp ? std::nullopt : steps.post_purge()) plan.steps.push_back(*std::move(purge));
  return plan;
}

/// Nothing runs, so there is no state to convert: the new version takes the place of the old one and is
/// started.
Decision plan_not_running(const Request& request, const NodeState& node, const AppFiles& from,
                          const AppFiles& to) {
  if (auto refusal = contradiction(to, node)) return *std::move(refusal);
  Plan plan;
  append_start(plan, to, node, ReplacePath{from.location.in_path, to.location.in_path});
  UnloadModules gone;
  for (const Atom& module : from.spec.modules)
    if (!contains(to.spec.modules, module)) gone.modules.push_back(module);
  if (!gone.modules.empty()) plan.steps.push_back(std::move(gone));
  plan.word = request.action == Action::downgrade ? Word::downgraded : Word::upgraded;
  return plan;
}

/// The version that runs, as far as it can be told when its files are replaced already: the new ones, with
/// the code that the node has loaded. Nullopt: it is the same.
std::optional<AppFiles> loaded_build(const AppFiles& to, const NodeState& node) {
  AppFiles from = to;
  from.appup.reset();
  from.in_place = false;
  bool differs = false;
  for (auto& [module, beam] : from.beams) {
    const auto loaded = node.code.find(module);
    if (loaded == node.code.end() || loaded->second == to_bytes(beam.md5)) continue;
    beam.init.reset();  // nothing else is known of it
    std::ranges::transform(loaded->second, beam.md5.begin(),
                           [](char byte) { return static_cast<std::uint8_t>(byte); });
    differs = true;
  }
  for (const auto& [module, md5] : node.code)
    if (!from.beams.contains(module)) {
      from.spec.modules.push_back(module);
      from.beams[module].module = module;
      differs = true;
    }
  if (!differs) return std::nullopt;
  return from;
}

/// The code that runs has moved to another directory.
Plan plan_moved(const Request& request, const AppFiles& to) {
  Plan plan{Word::already_running};
  const Location from = request.from.location.value_or(to.location);
  if (from.in_path != to.location.in_path)
    plan.steps = {RequireLoaded{request.app, request.to.vsn}, ReplacePath{from.in_path, to.location.in_path}};
  return plan;
}

/// The same version again: a rebuilt package, a security fix. Only what differs from the loaded code is
/// exchanged.
Decision plan_rebuilt(const Request& request, const NodeState& node, const Files& files,
                      const Wanted& wanted) {
  AppFiles to = files.all(request.to);
  to.appup.reset();  // it is for other versions
  auto from = loaded_build(to, node);
  if (!from) return plan_moved(request, to);
  from->location = request.from.location.value_or(to.location);
  Decision decision = plan_running(request, node, *from, to, wanted);
  if (auto* plan = std::get_if<Plan>(&decision)) plan->notes = {"same version, other code"};
  return decision;
}

}  // namespace

Decision plan_upgrade(const Request& request, const NodeState& node, const Files& files,
                      const Wanted& wanted) {
  const Atom& app = request.app;
  if (node.starting.contains(app)) return started_elsewhere(app);
  const auto loaded = loaded_vsn(node, app);
  const bool active = runs(node, app) || included_by(node, app);
  if (!active) {
    if (!request.start) return Plan{Word::not_running};
    if (!files.exist(request.from))
      return plan_start({Action::start, app, {}, request.to, true}, node, files);
    return plan_not_running(request, node, files.spec(request.from), files.all(request.to));
  }
  if (loaded == request.to.vsn && request.from.vsn != request.to.vsn) return Plan{Word::already_running};
  if (loaded != request.from.vsn)
    return other_version_runs(app, loaded.value_or("?"), request.from.vsn + " or " + request.to.vsn);
  if (request.from.vsn == request.to.vsn) return plan_rebuilt(request, node, files, wanted);
  return plan_running(request, node, files.all(request.from), files.all(request.to), wanted);
}

}  // namespace erlrc
