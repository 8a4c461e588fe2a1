// SPDX-License-Identifier: BSD-3-Clause
#include "instruction_steps.hpp"

#include <algorithm>
#include <cstdint>
#include <optional>
#include <ranges>
#include <string_view>
#include <utility>
#include <variant>

#include <erlrc/script/state_changes.hpp>

#include "applied_calls.hpp"
#include "libraries.hpp"

namespace erlrc {
namespace {

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

  InstructionSteps take() { return std::move(made_); }

private:
  template <typename Kind>
  void push(Kind step) {
    flush_loads();
    made_.steps.push_back(std::move(step));
  }

  // ReadCode does this for all at once.
  void append(const LoadObjectCode&) {}

  void append(const PointOfNoReturn&) {
    push(PassPointOfNoReturn{});
    made_.steps.push_back(ReplacePath{from_.location.in_path, to_.location.in_path});
    if (from_.consolidated && to_.consolidated)
      made_.steps.push_back(ReplacePath{from_.consolidated->dir, to_.consolidated->dir});
    change_app();
  }

  void append(const Load& i) {
    note_purge(i.module, i.pre_purge, i.post_purge);
    made_.loaded.push_back(i.module);
    loads_.push_back(i.module);
  }

  void append(const Remove& i) {
    note_purge(i.module, i.pre_purge, i.post_purge);
    made_.removed.push_back(i.module);
    push(RemoveModule{to_.spec.name, i.module});
  }

  // A module that is loaded again is purged then; the rest waits until nothing can fail any longer.
  void append(const PurgeModules& i) {
    for (const Atom& module : i.modules)
      made_.purges[module] = Purge::brutal;
  }

  void append(const Suspend& i) {
    for (const Suspend::Item& item : i.items)
      made_.converted.insert(item.module);
    push(SuspendProcesses{versions_.trees, i.items, {}, pause_ms_});
  }

  void append(const CodeChange& i) {
    ConvertProcesses step{i.mode, {}};
    for (const CodeChange::Item& item : i.items) {
      made_.code_changed.emplace(item.module, called_);
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
    made_.stopped.insert(made_.stopped.end(), i.modules.begin(), i.modules.end());
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
      made_.checked.insert(module);
      made_.purged.erase(module);
    } else if (!made_.checked.contains(module)) {
      made_.purged.insert(module);
    }
    made_.purges[module] = after;
  }

  /// Modules loaded in a row switch together, except those that run code when they are loaded, and those that
  /// may be loaded already.
  void flush_loads() {
    std::vector<Atom> group;
    std::vector<Atom> single;
    for (const Atom& module : std::exchange(loads_, {})) {
      const auto beam = to_.beams.find(module);
      const bool together = beam != to_.beams.end() && !has_same_code(from_, to_, module) &&
                            !beam->second.on_load && made_.checked.contains(module);
      (together ? group : single).push_back(module);
    }
    const auto last = std::ranges::stable_partition(
        single, [&](const Atom& module) { return is_needed_first(from_, to_, module, group); });
    load_singly({single.begin(), last.begin()});
    if (!group.empty()) {
      made_.steps.push_back(SwitchModules{group});
      made_.switched.push_back(std::move(group));
    }
    load_singly({last.begin(), last.end()});
    std::vector<Atom> nifs = with_nifs(to_, single);
    if (!nifs.empty()) made_.steps.push_back(PinLibraries{std::move(nifs)});  // an undo would unmap them
  }

  void load_singly(const std::vector<Atom>& modules) {
    for (const Atom& module : modules)
      made_.steps.push_back(
          LoadNew{module, has_same_code(from_, to_, module) && !with_nifs(to_, {module}).empty()});
  }

  /// Notes it in the suspension before it, if it is the first conversion after that.
  void announce(const ConvertProcesses& conversion) {
    for (Step& step : std::views::reverse(made_.steps)) {
      if (auto* suspension = std::get_if<SuspendProcesses>(&step)) {
        if (suspension->next.items.empty()) suspension->next = conversion;
        return;
      }
    }
  }

  void change_app() {
    if (!std::exchange(changed_, true)) push(versions_.change);
  }

  InstructionSteps made_;
  const Versions& versions_;
  const AppFiles& from_;
  const AppFiles& to_;
  std::int64_t pause_ms_;
  std::vector<Atom> loads_;  ///< seen, not yet in `steps`
  bool called_ = false;
  bool changed_ = false;
};

}  // namespace

std::vector<Atom> trees_of(const Atom& app, const NodeState& node) {
  const auto outer = included_by(node, app);
  return {outer && !runs(node, app) ? *outer : app};
}

InstructionSteps instruction_steps(const Versions& versions, const std::vector<LowLevel>& script,
                                   const Policy& policy) {
  return Instructions(versions, script, policy).take();
}

}  // namespace erlrc
