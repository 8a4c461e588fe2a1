// SPDX-License-Identifier: BSD-3-Clause
#include "script_steps.hpp"

#include <algorithm>
#include <cstdint>
#include <iterator>
#include <map>
#include <ranges>
#include <set>
#include <string_view>
#include <utility>
#include <variant>

#include <erlrc/script/state_changes.hpp>
#include <erlrc/term/text.hpp>

#include "instruction_steps.hpp"
#include "libraries.hpp"
#include "supervisors.hpp"

namespace erlrc {
namespace {

/// The modules with the digests of their files.
std::vector<LoadModules::Item> digests(const AppFiles& files, const std::vector<Atom>& modules) {
  std::vector<LoadModules::Item> items;
  for (const Atom& module : modules)
    if (const auto beam = files.beams.find(module); beam != files.beams.end())
      items.push_back({module, to_bytes(beam->second.md5)});
  return items;
}

/// Protocols come from the directory of the release, all else from the application's own.
void append_reading(std::vector<Step>& steps, const AppFiles& to, const std::vector<Atom>& modules,
                    const std::vector<std::vector<Atom>>& switched) {
  if (modules.empty()) return;
  std::vector<Atom> own, protocols;
  for (const Atom& module : modules)
    (to.consolidated && to.consolidated->beams.contains(module) ? protocols : own).push_back(module);
  if (!protocols.empty()) steps.push_back(ReadCode{to.consolidated->dir, protocols, {}});
  steps.push_back(ReadCode{to.location, own, switched});
}

/// Notes the states that the code to be loaded cannot have. A code_change that passes states on does not
/// convert them.
std::optional<CheckStates> check_states(const Versions& versions, const std::vector<LowLevel>& script,
                                        std::set<Atom> converted, const Policy& policy) {
  CheckStates check{{}, {}, policy};
  for (StateChange& change : state_changes(versions.from, versions.to, script)) {
    if (!change.may_convert()) converted.erase(change.module);
    check.items.push_back({change.module, std::move(change.unfit)});
  }
  if (check.items.empty()) return std::nullopt;
  check.converted.assign(converted.begin(), converted.end());
  return check;
}

/// Where processes wait that are not of the module, in both versions.
std::vector<CheckStranded::Awaits> awaits(const AppFiles& from, const AppFiles& to,
                                          const std::vector<Atom>& modules) {
  std::vector<CheckStranded::Awaits> made;
  for (const Atom& module : modules) {
    std::set<FunctionName> functions;
    for (const AppFiles* files : {&from, &to})
      if (const auto beam = files->beams.find(module); beam != files->beams.end())
        functions.insert(beam->second.awaits.begin(), beam->second.awaits.end());
    if (!functions.empty()) made.push_back({module, {functions.begin(), functions.end()}});
  }
  return made;
}

/// What must be known before anything is touched.
std::vector<Step> steps_before(const Versions& versions, const InstructionSteps& script,
                               const std::vector<LowLevel>& instructions, bool made,
                               const std::optional<NoteChildren>& children, const Policy& policy) {
  const auto& [from, to, node, change, trees] = versions;
  const bool otp = policy.engine == Policy::Engine::otp;
  std::vector<Step> steps;
  std::vector<Atom> touched(script.loaded);
  touched.insert(touched.end(), script.removed.begin(), script.removed.end());
  // First, because the node prepares the new code while it does what follows.
  append_reading(steps, to, script.loaded, otp ? std::vector<std::vector<Atom>>{} : script.switched);
  if (!touched.empty())
    // Files that are where the node looks for them need not be digested there once more.
    steps.push_back(BackUpCode{from.location.read_from, touched,
                               from.in_place ? digests(from, touched) : std::vector<LoadModules::Item>{}});
  if (auto check = check_libraries(from, to, script.loaded)) steps.push_back(*std::move(check));
  if (auto nifs = with_nifs(from, touched); !nifs.empty()) steps.push_back(PinLibraries{std::move(nifs)});
  if (!script.checked.empty() || !script.purged.empty())
    steps.push_back(CheckOldCode{{script.checked.begin(), script.checked.end()},
                                 policy,
                                 {script.purged.begin(), script.purged.end()}});
  if (!touched.empty()) {
    const std::vector<Atom> converted(script.converted.begin(), script.converted.end());
    // What the author of a shipped appup has loaded without a conversion needs none. Which processes are to
    // stop before their module is removed is not known here.
    steps.push_back(CheckStranded{trees, touched, converted, made ? script.loaded : converted, policy,
                                  script.killing(), awaits(from, to, touched),
                                  passing_on(from, to, instructions), lost_calls(from, to, touched),
                                  changed_modes(from, to, instructions), lost_exports(from, to, touched)});
    if (auto check = check_states(versions, instructions, script.converted, policy))
      steps.push_back(*std::move(check));
  }
  if (children) steps.push_back(*children);
  if (!script.stopped.empty()) steps.push_back(CheckStop{trees, script.stopped});
  if (const auto type = node.running.find(trees.front()); type != node.running.end())
    steps.push_back(StayRunning{type->first, type->second});
  return steps;
}

/// Before modules are removed at the end of a script: a child that goes needs its code until it is stopped.
void append_change(std::vector<Step>& steps, ChangeChildren change) {
  const auto is_removal = [](const Step& step) { return std::holds_alternative<RemoveModule>(step); };
  const auto last = std::find_if_not(steps.rbegin(), steps.rend(), is_removal);
  steps.insert(last.base(), std::move(change));
}

}  // namespace

ScriptSteps script_steps(const Script& script, const AppFiles& from, const AppFiles& to,
                         const NodeState& node, const Policy& policy) {
  const Versions versions{from, to, node};
  InstructionSteps read = instruction_steps(versions, script.instructions, policy);
  const Supervisors supervisors{from, to, read.code_changed, read.loaded, node};
  const auto children = note_children(supervisors, versions.trees, policy);
  ScriptSteps made;
  made.before = steps_before(versions, read, script.instructions, script.made, children, policy);
  const bool otp = policy.engine == Policy::Engine::otp;
  if (otp) {
    const std::string& ebin = to.location.read_from;
    made.notes.push_back("engine: release_handler of OTP");
    made.change = {EvalScript{versions.change, to.spec.vsn, ebin.substr(0, ebin.rfind('/')), versions.trees,
                              script.instructions}};
  } else {
    made.change = std::move(read.steps);
    if (children && policy.children == Policy::Children::change)
      append_change(made.change, change_children(*children));
    const std::vector<Atom> moved = look_for_files(from, to, read.loaded);
    if (!moved.empty()) made.change.push_back(MoveModules{to.location, moved});
    for (const Atom& module : moved)
      read.purges.emplace(module, Purge::soft);
    PostPurge purge;
    for (const auto& [module, how] : read.purges)
      purge.items.push_back({module, how});
    if (!purge.items.empty()) made.last.push_back(std::move(purge));
  }
  // It looks for processes that cannot run on, too.
  if (auto planned = digests(to, read.loaded); !planned.empty() || !read.removed.empty())
    made.change.push_back(CheckLoaded{std::move(planned)});
  NameLostStarts lost;
  for (const StartFunction& start : lost_starts(from, to))
    lost.functions.push_back({start.module, start.function});
  if (!lost.functions.empty()) made.change.push_back(std::move(lost));
  if (!otp) made.change.push_back(CallConfigChange{to.spec.name});
  if (!with_nifs(to, with_nifs(from, read.loaded)).empty()) made.change.push_back(CheckNifs{});
  if (auto check = check_ports(to)) made.change.push_back(*std::move(check));
  if (children)
    for (std::string& note : notes_on(*children, from, to))
      made.notes.push_back(std::move(note));
  return made;
}

}  // namespace erlrc
