// SPDX-License-Identifier: BSD-3-Clause
#include "script_steps.hpp"
#include "supervisors.hpp"

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

#include "applied_calls.hpp"
#include "libraries.hpp"

namespace erlrc {
namespace {

/// The applications whose supervision trees have the processes of `app`.
std::vector<Atom> trees_of(const Atom& app, const NodeState& node) {
  const auto outer = included_by(node, app);
  return {outer && !runs(node, app) ? *outer : app};
}

/// The two versions, and what follows from them for the node.
struct Versions {
  const AppFiles& from;
  const AppFiles& to;
  const NodeState& node;
  ChangeApp change{to.spec.name, from.spec.term, to.spec.term};
  std::vector<Atom> trees = trees_of(to.spec.name, node);
};

/// Turns instructions into steps, and notes what the steps before and after them depend on.
class Instructions {
public:
  Instructions(const Versions& versions, const std::vector<LowLevel>& script, const Policy& policy)
      : versions_(versions), from_(versions.from), to_(versions.to), pause_ms_(policy.pause_ms) {
    for (const LowLevel& instruction : script)
      std::visit([this](const auto& i) { append(i); }, instruction);
    flush_loads();
    change_app();
  }

  std::vector<Step> steps;
  std::vector<Atom> loaded;
  std::vector<Atom> removed;
  std::vector<Atom> stopped;
  std::vector<std::vector<Atom>> switched;  ///< groups that switch at once
  std::set<Atom> checked;                   ///< modules whose old code no process may run
  std::set<Atom> purged;                    ///< others, whose old code is purged even if processes run it
  std::set<Atom> converted;                 ///< modules whose processes are suspended
  std::map<Atom, bool> code_changed;        ///< and whether the script calls something before
  std::map<Atom, Purge> purges;

  /// The modules whose present code is purged at the end even if processes run it.
  std::vector<Atom> killing() const {
    std::vector<Atom> modules;
    for (const auto& [module, how] : purges)
      if (how == Purge::brutal) modules.push_back(module);
    return modules;
  }

private:
  template <typename Kind>
  void push(Kind step) {
    flush_loads();
    steps.push_back(std::move(step));
  }

  // ReadCode does this for all at once.
  void append(const LoadObjectCode&) {}

  void append(const PointOfNoReturn&) {
    push(PassPointOfNoReturn{});
    steps.push_back(ReplacePath{from_.location.in_path, to_.location.in_path});
    if (from_.consolidated && to_.consolidated)
      steps.push_back(ReplacePath{from_.consolidated->dir, to_.consolidated->dir});
    change_app();
  }

  void append(const Load& i) {
    note_purge(i.module, i.pre_purge, i.post_purge);
    loaded.push_back(i.module);
    loads_.push_back(i.module);
  }

  void append(const Remove& i) {
    note_purge(i.module, i.pre_purge, i.post_purge);
    removed.push_back(i.module);
    push(RemoveModule{to_.spec.name, i.module});
  }

  // A module that is loaded again is purged then; the rest waits until nothing can fail any longer.
  void append(const PurgeModules& i) {
    for (const Atom& module : i.modules)
      purges[module] = Purge::brutal;
  }

  void append(const Suspend& i) {
    for (const Suspend::Item& item : i.items)
      converted.insert(item.module);
    push(SuspendProcesses{versions_.trees, i.items, {}, pause_ms_});
  }

  void append(const CodeChange& i) {
    ConvertProcesses step{i.mode, {}};
    for (const CodeChange::Item& item : i.items) {
      code_changed.emplace(item.module, called_);
      Term down_vsn = Atom{"undefined"};
      const auto beam = to_.beams.find(item.module);
      if (i.mode == Direction::down && beam != to_.beams.end())
        down_vsn = vsn_attribute(beam->second).value_or(down_vsn);
      step.items.push_back({item.module, item.extra, std::move(down_vsn)});
    }
    announce(step);
    if (auto modules = changing_process_data(from_, to_, i); !modules.empty())
      push(SaveProcessData{std::move(modules)});
    push(std::move(step));
  }

  void append(const Resume& i) { push(ResumeProcesses{i.modules}); }

  void append(const StopProcesses& i) {
    stopped.insert(stopped.end(), i.modules.begin(), i.modules.end());
    push(TerminateProcesses{versions_.trees, i.modules});
  }

  void append(const StartProcesses& i) { push(StartTerminated{i.modules}); }

  void append(const Apply& i) {
    if (const Atom* app = named_app(i, "stop")) {
      push(StopApp{*app});
    } else if (const Atom* started = named_app(i, "start")) {
      const auto type = versions_.node.running.find(*started);
      const bool runs = type != versions_.node.running.end();
      push(StartApp{*started, runs ? type->second : start_type(i)});
    } else {
      called_ = true;
      push(ApplyHook{i, counterpart(i)});
    }
  }

  // Refused before a plan is made, unless there is no other node to wait for.
  void append(const SyncNodes&) {}
  void append(const RestartNewEmulator&) {}
  void append(const RestartEmulator&) {}

  void note_purge(const Atom& module, Purge before, Purge after) {
    if (before == Purge::soft) {
      checked.insert(module);
      purged.erase(module);
    } else if (!checked.contains(module)) {
      purged.insert(module);
    }
    purges[module] = after;
  }

  /// Modules loaded in a row switch together, except those that run code when they are loaded, and those that
  /// may be loaded already.
  void flush_loads() {
    std::vector<Atom> group;
    std::vector<Atom> single;
    for (const Atom& module : std::exchange(loads_, {})) {
      const auto beam = to_.beams.find(module);
      const bool together = beam != to_.beams.end() && !has_same_code(from_, to_, module) &&
                            !beam->second.on_load && checked.contains(module);
      (together ? group : single).push_back(module);
    }
    const auto last = std::ranges::stable_partition(
        single, [&](const Atom& module) { return is_needed_first(from_, to_, module, group); });
    load_singly({single.begin(), last.begin()});
    if (!group.empty()) {
      steps.push_back(SwitchModules{group});
      switched.push_back(std::move(group));
    }
    load_singly({last.begin(), last.end()});
    std::vector<Atom> nifs = with_nifs(to_, single);
    if (!nifs.empty()) steps.push_back(PinLibraries{std::move(nifs)});  // an undo would unmap them
  }

  void load_singly(const std::vector<Atom>& modules) {
    for (const Atom& module : modules)
      steps.push_back(
          LoadNew{module, has_same_code(from_, to_, module) && !with_nifs(to_, {module}).empty()});
  }

  /// Notes it in the suspension before it, if it is the first conversion after that.
  void announce(const ConvertProcesses& conversion) {
    for (Step& step : std::views::reverse(steps)) {
      if (auto* suspension = std::get_if<SuspendProcesses>(&step)) {
        if (suspension->next.items.empty()) suspension->next = conversion;
        return;
      }
    }
  }

  void change_app() {
    if (!std::exchange(changed_, true)) push(versions_.change);
  }

  const Versions& versions_;
  const AppFiles& from_;
  const AppFiles& to_;
  std::int64_t pause_ms_;
  std::vector<Atom> loads_;  ///< seen, not yet in `steps`
  bool called_ = false;
  bool changed_ = false;
};

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
std::vector<Step> steps_before(const Versions& versions, const Instructions& script,
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

}  // namespace

ScriptSteps script_steps(const Script& script, const AppFiles& from, const AppFiles& to,
                         const NodeState& node, const Policy& policy) {
  const Versions versions{from, to, node};
  Instructions read(versions, script.instructions, policy);
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
      made.change.push_back(change_children(*children));
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
