// SPDX-License-Identifier: BSD-3-Clause
#include "script_steps.hpp"

#include <algorithm>
#include <ranges>
#include <string_view>
#include <utility>

#include <erlrc/term/text.hpp>

namespace erlrc {
namespace {

/// The application that a call of application:F/N names as its first argument.
const Atom* named_app(const Apply& call, std::string_view function) {
  if (call.module.name != "application" || call.function.name != function || call.args.empty())
    return nullptr;
  return std::get_if<Atom>(&call.args.front().value);
}

const SupervisorInit* init_of(const AppFiles& files, const Atom& module) {
  const auto beam = files.beams.find(module);
  return beam != files.beams.end() && beam->second.init ? &*beam->second.init : nullptr;
}

std::vector<Atom> with_nifs(const AppFiles& files, const std::vector<Atom>& modules) {
  std::vector<Atom> found;
  std::ranges::copy_if(modules, std::back_inserter(found), [&](const Atom& module) {
    const auto beam = files.beams.find(module);
    return beam != files.beams.end() && beam->second.nif;
  });
  return found;
}

Atom start_type(const Apply& call) {
  const Atom* type = call.args.size() > 1 ? std::get_if<Atom>(&call.args[1].value) : nullptr;
  return type != nullptr ? *type : Atom{"temporary"};
}

}  // namespace

std::optional<Apply> counterpart(const Apply& call) {
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

ScriptSteps::ScriptSteps(const AppFiles& from, const AppFiles& to, const NodeState& node)
    : from_(from), to_(to), node_(node), change_{to.spec.name, from.spec.term, to.spec.term} {
  const Atom& app = to.spec.name;
  const auto outer = included_by(node, app);
  trees_ = {outer && !runs(node, app) ? *outer : app};
}

void ScriptSteps::append(const std::vector<LowLevel>& script) {
  for (const LowLevel& instruction : script)
    std::visit([this](const auto& i) { append(i); }, instruction);
  flush_loads();
  change_app();
}

std::vector<Step> ScriptSteps::preparation(const Policy& policy, bool made) const {
  std::vector<Step> steps;
  std::vector<Atom> touched(loaded_);
  touched.insert(touched.end(), removed_.begin(), removed_.end());
  append_reading(steps);  // first, because the node prepares the new code while it does what follows
  if (!touched.empty()) steps.push_back(BackUpCode{from_.location.read_from, touched, read_of(touched)});
  if (!taken_over().empty()) steps.push_back(CheckLibraries{to_.location.read_from, taken_over()});
  if (!with_nifs(from_, touched).empty()) steps.push_back(PinLibraries{from_.location.read_from});
  if (!checked_.empty()) steps.push_back(CheckOldCode{{checked_.begin(), checked_.end()}, policy});
  if (!touched.empty()) {
    const std::vector<Atom> converted(converted_.begin(), converted_.end());
    // What the author of a shipped appup has loaded without a conversion needs none. Who is to stop before
    // its module is removed is not known here.
    steps.push_back(CheckStranded{trees_, touched, converted, made ? loaded_ : converted, policy});
  }
  NoteChildren children{trees_, supervisors()};
  if (policy.children == Policy::Children::keep)
    for (NoteChildren::Item& item : children.items)
      item.askable = false;
  if (!children.items.empty()) steps.push_back(std::move(children));
  if (!stopped_.empty()) steps.push_back(CheckStop{trees_, stopped_});
  return steps;
}

std::optional<Step> ScriptSteps::stay_running() const {
  const auto type = node_.running.find(trees_.front());
  if (type == node_.running.end()) return std::nullopt;
  return StayRunning{type->first, type->second};
}

std::optional<Step> ScriptSteps::change_children(const Policy& policy) const {
  ChangeChildren step;
  for (const NoteChildren::Item& item : supervisors())
    step.modules.push_back(item.module);
  if (policy.children == Policy::Children::keep || step.modules.empty()) return std::nullopt;
  return step;
}

std::vector<LoadModules::Item> ScriptSteps::read_of(const std::vector<Atom>& modules) const {
  std::vector<LoadModules::Item> items;
  if (!from_.in_place) return items;
  for (const Atom& module : modules)
    if (const auto beam = from_.beams.find(module); beam != from_.beams.end())
      items.push_back({module, to_bytes(beam->second.md5)});
  return items;
}

std::vector<std::string> ScriptSteps::notes() const {
  std::vector<std::string> made;
  for (const NoteChildren::Item& item : supervisors()) {
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

void ScriptSteps::switch_nothing() {
  switched_.clear();
}

void ScriptSteps::append_reading(std::vector<Step>& steps) const {
  if (loaded_.empty()) return;
  std::vector<Atom> own, protocols;
  for (const Atom& module : loaded_)
    (to_.consolidated && to_.consolidated->beams.contains(module) ? protocols : own).push_back(module);
  if (!protocols.empty()) steps.push_back(ReadCode{to_.consolidated->dir, protocols, {}});
  steps.push_back(ReadCode{to_.location, own, switched_});
}

std::vector<Step> ScriptSteps::take() {
  return std::move(steps_);
}

Step ScriptSteps::take_as_script(std::vector<LowLevel> script) const {
  const std::string& ebin = to_.location.read_from;
  return EvalScript{change_, to_.spec.vsn, ebin.substr(0, ebin.rfind('/')), trees_, std::move(script)};
}

std::optional<Step> ScriptSteps::check_nifs() const {
  if (taken_over().empty()) return std::nullopt;
  return CheckNifs{};
}

std::optional<Step> ScriptSteps::post_purge() const {
  PostPurge step;
  for (const auto& [module, purge] : purges_)
    step.items.push_back({module, purge});
  if (step.items.empty()) return std::nullopt;
  return step;
}

template <typename Kind>
void ScriptSteps::push(Kind step) {
  flush_loads();
  steps_.push_back(std::move(step));
}

std::vector<NoteChildren::Item> ScriptSteps::supervisors() const {
  std::vector<NoteChildren::Item> found;
  for (const auto& [module, called] : code_changed_) {
    const SupervisorInit* now = init_of(to_, module);
    const SupervisorInit* before = init_of(from_, module);
    if (now == nullptr) continue;
    found.push_back({module, before != nullptr && before->effects.empty() && now->effects.empty(),
                     // The author may have made room for them.
                     called ? std::vector<Atom>{} : now->tables, called ? std::vector<Atom>{} : now->names});
  }
  return found;
}

void ScriptSteps::append(const LoadObjectCode&) {}

void ScriptSteps::append(const PointOfNoReturn&) {
  push(PassPointOfNoReturn{});
  steps_.push_back(ReplacePath{from_.location.in_path, to_.location.in_path});
  if (from_.consolidated && to_.consolidated)
    steps_.push_back(ReplacePath{from_.consolidated->dir, to_.consolidated->dir});
}

void ScriptSteps::append(const Load& i) {
  note_purge(i.module, i.pre_purge, i.post_purge);
  loaded_.push_back(i.module);
  loads_.push_back(i.module);
}

void ScriptSteps::append(const Remove& i) {
  note_purge(i.module, i.pre_purge, i.post_purge);
  removed_.push_back(i.module);
  push(RemoveModule{i.module});
}

void ScriptSteps::append(const PurgeModules& i) {
  for (const Atom& module : i.modules)
    purges_[module] = Purge::brutal;
}

void ScriptSteps::append(const Suspend& i) {
  for (const Suspend::Item& item : i.items)
    converted_.insert(item.module);
  push(SuspendProcesses{trees_, i.items, {}});
}

void ScriptSteps::append(const CodeChange& i) {
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

void ScriptSteps::append(const Resume& i) {
  push(ResumeProcesses{i.modules});
}

void ScriptSteps::append(const StopProcesses& i) {
  stopped_.insert(stopped_.end(), i.modules.begin(), i.modules.end());
  push(TerminateProcesses{trees_, i.modules});
}

void ScriptSteps::append(const StartProcesses& i) {
  push(StartTerminated{i.modules});
}

void ScriptSteps::append(const Apply& i) {
  if (const Atom* app = named_app(i, "stop")) {
    push(StopApp{*app});
  } else if (const Atom* started = named_app(i, "start")) {
    if (*started == to_.spec.name) change_app();  // it starts with its new keys and environment
    const auto type = node_.running.find(*started);
    push(type == node_.running.end() ? StartApp{*started, start_type(i)} : StartApp{*started, type->second});
  } else {
    called_ = true;
    push(ApplyHook{i, counterpart(i)});
  }
}

void ScriptSteps::append(const SyncNodes&) {}

void ScriptSteps::append(const RestartNewEmulator&) {}

void ScriptSteps::append(const RestartEmulator&) {}

std::vector<Atom> ScriptSteps::taken_over() const {
  return with_nifs(to_, with_nifs(from_, loaded_));
}

void ScriptSteps::note_purge(const Atom& module, Purge before, Purge after) {
  if (before == Purge::soft) checked_.insert(module);
  purges_[module] = after;
}

void ScriptSteps::flush_loads() {
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
  if (nifs) steps_.push_back(PinLibraries{to_.location.read_from});  // an undo would unmap them
}

void ScriptSteps::announce(const ConvertProcesses& conversion) {
  for (Step& step : std::views::reverse(steps_)) {
    if (auto* suspension = std::get_if<SuspendProcesses>(&step)) {
      if (suspension->next.items.empty()) suspension->next = conversion;
      return;
    }
  }
}

void ScriptSteps::change_app() {
  if (changed_) return;
  changed_ = true;
  push(change_);
}

}  // namespace erlrc
