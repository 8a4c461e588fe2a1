// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <algorithm>
#include <map>
#include <optional>
#include <ranges>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include <erlrc/app/app_files.hpp>
#include <erlrc/plan/plan.hpp>
#include <erlrc/script/instruction.hpp>
#include <erlrc/term/text.hpp>

// The low-level instructions of an upgrade (appup(4)) as steps of a plan, with what must be known before
// them.

namespace erlrc {

/// What takes a call of the appup back, where its author gave us that: the counterpart of a supervisor's
/// hook.
inline std::optional<Apply> counterpart(const Apply& call) {
  Apply undo = call;
  if (call.function.name == "sup_upgrade_notify") {
    undo.function = Atom{"sup_downgrade_notify"};
    return undo;
  }
  if (call.function.name == "sup_downgrade_notify") {
    undo.function = Atom{"sup_upgrade_notify"};
    return undo;
  }
  return std::nullopt;
}

/// The application that a call of application:F/N names as its first argument.
inline const Atom* named_app(const Apply& call, std::string_view function) {
  if (call.module.name != "application" || call.function.name != function || call.args.empty())
    return nullptr;
  return std::get_if<Atom>(&call.args.front().value);
}

/// Turns the instructions into steps, one to one as far as possible; what differs is what undo and speed ask
/// for.
class Steps {
public:
  Steps(const AppFiles& from, const AppFiles& to, ReplacePath path, const NodeState& node)
      : from_(from),
        to_(to),
        path_(std::move(path)),
        node_(node),
        change_{to.spec.name, from.spec.term, to.spec.term} {
    const Atom& app = to.spec.name;
    const auto outer = included_by(node, app);
    trees_ = {outer && !runs(node, app) ? *outer : app};
  }

  void append(const std::vector<LowLevel>& script) {
    for (const LowLevel& instruction : script)
      std::visit([this](const auto& i) { append(i); }, instruction);
    flush_loads();
    change_app();
  }

  /// What must be known before anything is touched. `made`: the script is ours.
  std::vector<Step> preparation(const Policy& policy, bool made) const {
    std::vector<Step> steps;
    std::vector<Atom> touched(loaded_);
    touched.insert(touched.end(), removed_.begin(), removed_.end());
    append_reading(steps);  // first, because the node prepares the new code while it does what follows
    if (!touched.empty()) steps.push_back(KeepCode{from_.ebin, touched, read_of(touched)});
    if (!taken_over().empty()) steps.push_back(CheckLibraries{to_.ebin, taken_over()});
    if (!with_nifs(from_, touched).empty()) steps.push_back(HoldLibraries{from_.ebin});
    if (!checked_.empty()) steps.push_back(CheckOldCode{{checked_.begin(), checked_.end()}, policy});
    if (!touched.empty()) {
      const std::vector<Atom> converted(converted_.begin(), converted_.end());
      // What the author of a shipped appup has loaded without a conversion needs none. Who is to stop before
      // its module is removed is not known here.
      steps.push_back(CheckStranded{trees_, touched, converted, made ? loaded_ : converted, policy});
    }
    KeepChildren children{trees_, supervisors()};
    if (policy.children == Policy::Children::keep)
      for (KeepChildren::Item& item : children.items)
        item.askable = false;
    if (!children.items.empty()) steps.push_back(std::move(children));
    if (!stopped_.empty()) steps.push_back(CheckStop{trees_, stopped_});
    return steps;
  }

  /// What follows the script: supervisors know their new children by then, and nobody has started them.
  std::optional<Step> change_children(const Policy& policy) const {
    ChangeChildren step;
    for (const KeepChildren::Item& item : supervisors())
      step.modules.push_back(item.module);
    if (policy.children == Policy::Children::keep || step.modules.empty()) return std::nullopt;
    return step;
  }

  /// The files of the version that runs with their digests, as far as they are where the node looks for them.
  std::vector<LoadModules::Item> read_of(const std::vector<Atom>& modules) const {
    std::vector<LoadModules::Item> items;
    if (!from_.in_place) return items;
    for (const Atom& module : modules)
      if (const auto beam = from_.beams.find(module); beam != from_.beams.end())
        items.push_back({module, to_bytes(beam->second.md5)});
    return items;
  }

  /// Why a supervisor's old children are not told from those that somebody added.
  std::vector<std::string> notes() const {
    std::vector<std::string> made;
    for (const KeepChildren::Item& item : supervisors()) {
      if (item.askable) continue;
      std::string what;
      for (const AppFiles* files : {&from_, &to_})
        if (const SupervisorInit* init = init_of(*files, item.module);
            init && what.empty() && !init->effects.empty())
          what = init->effects.front();
      made.push_back("children that " + print_atom(item.module.name) +
                     " has no more stay: its init/1 is not asked twice" +
                     (what.empty() ? "" : ", because of " + what));
    }
    return made;
  }

  /// Somebody else loads the modules: none is prepared.
  void switch_nothing() { switched_.clear(); }

  /// Protocols come from the directory of the release, all else from the application's own.
  void append_reading(std::vector<Step>& steps) const {
    if (loaded_.empty()) return;
    std::vector<Atom> own, protocols;
    for (const Atom& module : loaded_)
      (to_.consolidated && to_.consolidated->beams.contains(module) ? protocols : own).push_back(module);
    if (!protocols.empty()) steps.push_back(ReadCode{to_.consolidated->dir, protocols, {}});
    steps.push_back(ReadCode{to_.ebin, own, switched_});
  }

  std::vector<Step> take() { return std::move(steps_); }

  /// The same in one step of release_handler.
  Step take_as_script(std::vector<LowLevel> script) const {
    return EvalScript{change_, to_.spec.vsn, to_.ebin.substr(0, to_.ebin.rfind('/')), trees_,
                      std::move(script)};
  }

  /// What follows the script if modules with NIFs are loaded again.
  std::optional<Step> check_nifs() const {
    if (taken_over().empty()) return std::nullopt;
    return CheckNifs{};
  }

  std::optional<Step> post_purge() const {
    PostPurge step;
    for (const auto& [module, purge] : purges_)
      step.items.push_back({module, purge});
    if (step.items.empty()) return std::nullopt;
    return step;
  }

private:
  template <typename Kind>
  void push(Kind step) {
    flush_loads();
    steps_.push_back(std::move(step));
  }

  static const SupervisorInit* init_of(const AppFiles& files, const Atom& module) {
    const auto beam = files.beams.find(module);
    return beam != files.beams.end() && beam->second.init ? &*beam->second.init : nullptr;
  }

  /// Those whose processes call init/1 of the new code.
  std::vector<KeepChildren::Item> supervisors() const {
    std::vector<KeepChildren::Item> found;
    for (const auto& [module, called] : code_changed_) {
      const SupervisorInit* now = init_of(to_, module);
      const SupervisorInit* before = init_of(from_, module);
      if (now == nullptr) continue;
      found.push_back({module, before != nullptr && before->effects.empty() && now->effects.empty(),
                       // The author may have made room for them.
                       called ? std::vector<Atom>{} : now->tables,
                       called ? std::vector<Atom>{} : now->names});
    }
    return found;
  }

  // ReadCode of the preparation does this for all at once.
  void append(const LoadObjectCode&) {}
  void append(const PointOfNoReturn& i) {
    push(i);
    steps_.push_back(path_);
    if (from_.consolidated && to_.consolidated)
      steps_.push_back(ReplacePath{from_.consolidated->dir, to_.consolidated->dir});
  }
  void append(const Load& i) {
    note_purge(i.module, i.pre_purge, i.post_purge);
    loaded_.push_back(i.module);
    loads_.push_back(i.module);
  }
  void append(const Remove& i) {
    note_purge(i.module, i.pre_purge, i.post_purge);
    removed_.push_back(i.module);
    push(RemoveModule{i.module});
  }
  // Whatever loads a module again purges what is left of the one before; the rest waits until nothing can
  // fail any more.
  void append(const PurgeModules& i) {
    for (const Atom& module : i.modules)
      purges_[module] = Purge::brutal;
  }
  void append(const Suspend& i) {
    for (const Suspend::Item& item : i.items)
      converted_.insert(item.module);
    push(SuspendProcesses{trees_, i.items, {}});
  }
  void append(const CodeChange& i) {
    ConvertProcesses step{i.mode, {}};
    for (const CodeChange::Item& item : i.items) {
      code_changed_.emplace(item.module, called_);
      Term down_vsn = Atom{"undefined"};
      const auto beam = to_.beams.find(item.module);
      if (i.mode == Direction::down && beam != to_.beams.end())
        down_vsn = vsn_attribute(beam->second).value_or(down_vsn);
      step.items.push_back({item.module, item.extra, std::move(down_vsn)});
    }
    announce(step);
    push(std::move(step));
  }
  void append(const erlrc::Resume& i) { push(i); }
  void append(const StopProcesses& i) {
    stopped_.insert(stopped_.end(), i.modules.begin(), i.modules.end());
    push(TerminateProcesses{trees_, i.modules});
  }
  void append(const StartProcesses& i) { push(i); }
  void append(const Apply& i) {
    if (const Atom* app = named_app(i, "stop")) {
      push(StopApp{*app});
    } else if (const Atom* started = named_app(i, "start")) {
      if (*started == to_.spec.name) change_app();  // it starts with its new keys and environment
      const auto type = node_.running.find(*started);
      push(type == node_.running.end() ? StartApp{*started, start_type(i)}
                                       : StartApp{*started, type->second});
    } else {
      called_ = true;
      push(ApplyHook{i, counterpart(i)});
    }
  }
  // Refused before a plan is made, unless there is nobody to wait for.
  void append(const SyncNodes&) {}
  void append(const RestartNewEmulator&) {}
  void append(const RestartEmulator&) {}

  static std::vector<Atom> with_nifs(const AppFiles& files, const std::vector<Atom>& modules) {
    std::vector<Atom> found;
    std::ranges::copy_if(modules, std::back_inserter(found), [&](const Atom& module) {
      const auto beam = files.beams.find(module);
      return beam != files.beams.end() && beam->second.nif;
    });
    return found;
  }

  std::vector<Atom> taken_over() const { return with_nifs(to_, with_nifs(from_, loaded_)); }

  static Atom start_type(const Apply& call) {
    const Atom* type = call.args.size() > 1 ? std::get_if<Atom>(&call.args[1].value) : nullptr;
    return type != nullptr ? *type : Atom{"temporary"};
  }

  void note_purge(const Atom& module, Purge before, Purge after) {
    if (before == Purge::soft) checked_.insert(module);
    purges_[module] = after;
  }

  /// Modules loaded in a row switch together, but for those that run code when they are loaded, and those
  /// that may be loaded already.
  void flush_loads() {
    std::vector<Atom> group;
    std::vector<Atom> single;
    for (const Atom& module : std::exchange(loads_, {})) {
      const auto beam = to_.beams.find(module);
      const auto before = from_.beams.find(module);
      const bool same =
          beam != to_.beams.end() && before != from_.beams.end() && beam->second.md5 == before->second.md5;
      const bool together =
          beam != to_.beams.end() && !same && !beam->second.on_load && checked_.contains(module);
      (together ? group : single).push_back(module);
    }
    if (!group.empty()) {
      steps_.push_back(SwitchModules{group});
      switched_.push_back(std::move(group));
    }
    const bool nifs = !with_nifs(to_, single).empty();
    for (Atom& module : single)
      steps_.push_back(LoadNew{std::move(module)});
    if (nifs) steps_.push_back(HoldLibraries{to_.ebin});  // an undo would unmap them
  }

  /// To the suspension before it, if it is the first one after that.
  void announce(const ConvertProcesses& conversion) {
    for (Step& step : std::views::reverse(steps_)) {
      if (auto* suspension = std::get_if<SuspendProcesses>(&step)) {
        if (suspension->next.items.empty()) suspension->next = conversion;
        return;
      }
    }
  }

  void change_app() {
    if (changed_) return;
    changed_ = true;
    push(change_);
  }

  const AppFiles& from_;
  const AppFiles& to_;
  ReplacePath path_;
  const NodeState& node_;
  ChangeApp change_;
  std::vector<Atom> trees_;
  std::vector<Step> steps_;
  std::vector<Atom> loads_;  ///< seen, not yet in steps_
  std::vector<Atom> loaded_;
  std::vector<Atom> removed_;
  std::vector<Atom> stopped_;
  std::vector<std::vector<Atom>> switched_;
  std::set<Atom> checked_;
  std::set<Atom> converted_;
  std::map<Atom, bool> code_changed_;  ///< whether the script calls something before
  bool called_ = false;
  std::map<Atom, Purge> purges_;
  bool changed_ = false;
};

}  // namespace erlrc
