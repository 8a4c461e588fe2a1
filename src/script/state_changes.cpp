// SPDX-License-Identifier: BSD-3-Clause
#include <erlrc/script/state_changes.hpp>

#include <algorithm>
#include <functional>
#include <iterator>
#include <map>
#include <set>
#include <utility>
#include <variant>

namespace erlrc {
namespace {

/// The modules whose processes call code_change, with the direction.
std::map<Atom, Direction> converted_modules(const std::vector<LowLevel>& script) {
  std::map<Atom, Direction> converted;
  for (const LowLevel& instruction : script)
    if (const auto* change = std::get_if<CodeChange>(&instruction))
      for (const CodeChange::Item& item : change->items)
        converted.emplace(item.module, change->mode);
  return converted;
}

const Beam* beam_of(const AppFiles& files, const Atom& module) {
  const auto found = files.beams.find(module);
  return found == files.beams.end() ? nullptr : &found->second;
}

bool has_same_code(const Beam* before, const Beam* after) {
  return before != nullptr && after != nullptr && before->md5 == after->md5;
}

const Shapes* shapes_of(const AppFiles& files, const Atom& module) {
  const Beam* beam = beam_of(files, module);
  return beam != nullptr && beam->shapes() ? &*beam->shapes() : nullptr;
}

/// The later version's code_change knows both.
bool passes_on(const AppFiles& from, const AppFiles& to, const std::pair<const Atom, Direction>& change) {
  const Shapes* later = shapes_of(change.second == Direction::up ? to : from, change.first);
  return later != nullptr && later->passes_on;
}

bool knows(const Shapes& shapes, const UnfitRecord& record) {
  const auto use = shapes.records.find(record.tag);
  return use != shapes.records.end() && use->second.known.contains(record.size);
}

bool calls(const Beam& beam, const Atom& module) {
  return std::ranges::find(beam.imports, module, &ImportedFunction::module) != beam.imports.end();
}

/// The records of `change` that a process of another module may have as its state: one that calls that module
/// to handle them, and knows them itself no longer, nor does anything else that it calls.
std::vector<UnfitRecord> kept_for(const StateChange& change, const Beam& holder, const AppFiles& to) {
  const Shapes* own = shapes_of(to, holder.module);
  std::vector<UnfitRecord> kept;
  if (change.unfit.records.empty() || own == nullptr || holder.module == change.module ||
      !calls(holder, change.module))
    return kept;
  std::ranges::copy_if(change.unfit.records, std::back_inserter(kept), [&](const UnfitRecord& record) {
    return !knows(*own, record) && std::ranges::none_of(to.beams, [&](const auto& other) {
      return other.second.shapes() && knows(*other.second.shapes(), record) && calls(holder, other.first);
    });
  });
  return kept;
}

/// What the loops of behaviours call, whatever comes: all of one group, if the module is of that behaviour.
/// Files without attributes do not name it.
std::vector<std::vector<FunctionName>> callbacks_of(const Beam& beam) {
  std::vector<std::vector<FunctionName>> groups{{{Atom{"handle_call"}, 3}, {Atom{"handle_cast"}, 2}},
                                                {{Atom{"handle_event"}, 2}, {Atom{"handle_call"}, 2}},
                                                {{Atom{"callback_mode"}, 0}},
                                                {{Atom{"handle_event"}, 3}, {Atom{"handle_sync_event"}, 4}}};
  if (is_supervisor(beam)) groups.push_back({{Atom{"init"}, 1}});
  return groups;
}

std::vector<FunctionName> lost(const Beam& before, const Beam& after) {
  const auto has = [](const Beam& beam) {
    return
        [&beam](const FunctionName& function) { return exports(beam, function.name.name, function.arity); };
  };
  std::vector<FunctionName> functions;
  for (const std::vector<FunctionName>& group : callbacks_of(before))
    if (std::ranges::all_of(group, has(before)))
      std::ranges::copy_if(group, std::back_inserter(functions), std::not_fn(has(after)));
  return functions;
}

}  // namespace

std::vector<LostCallbacks> lost_callbacks(const AppFiles& from, const AppFiles& to,
                                          const std::vector<LowLevel>& script) {
  std::set<Atom> stopped;
  std::vector<LostCallbacks> found;
  for (const LowLevel& instruction : script) {
    if (std::holds_alternative<Apply>(instruction)) break;
    if (const auto* stop = std::get_if<StopProcesses>(&instruction))
      stopped.insert(stop->modules.begin(), stop->modules.end());
    const auto* load = std::get_if<Load>(&instruction);
    if (load == nullptr || stopped.contains(load->module)) continue;
    const Beam* before = beam_of(from, load->module);
    const Beam* after = beam_of(to, load->module);
    if (before == nullptr || after == nullptr) continue;
    if (auto functions = lost(*before, *after); !functions.empty())
      found.push_back({load->module, std::move(functions)});
  }
  return found;
}

std::vector<Atom> changing_process_data(const AppFiles& from, const AppFiles& to, const CodeChange& change) {
  static const std::set<FunctionName> functions{
      {Atom{"put"}, 2},  {Atom{"erase"}, 1},      {Atom{"erase"}, 0},      {Atom{"process_flag"}, 2},
      {Atom{"link"}, 1}, {Atom{"spawn_link"}, 1}, {Atom{"spawn_link"}, 3}, {Atom{"spawn_opt"}, 2}};
  const auto changes_some = [](const ImportedFunction& each) { return functions.contains(each.function); };
  std::vector<Atom> modules;
  for (const CodeChange::Item& item : change.items)
    for (const Beam* beam : {beam_of(from, item.module), beam_of(to, item.module)})
      if (beam != nullptr && std::ranges::any_of(beam->imports, changes_some) &&
          (modules.empty() || modules.back() != item.module))
        modules.push_back(item.module);
  return modules;
}

std::vector<Atom> changed_modes(const AppFiles& from, const AppFiles& to,
                                const std::vector<LowLevel>& script) {
  const std::map<Atom, Direction> converted = converted_modules(script);
  std::vector<Atom> changed;
  for (const LowLevel& instruction : script) {
    const auto* load = std::get_if<Load>(&instruction);
    if (load == nullptr || converted.contains(load->module)) continue;
    const Beam* before = beam_of(from, load->module);
    const Beam* after = beam_of(to, load->module);
    if (before == nullptr || after == nullptr || has_same_code(before, after)) continue;
    if (before->shapes() && after->shapes() &&
        before->shapes()->enters_states != after->shapes()->enters_states)
      changed.push_back(load->module);
  }
  return changed;
}

std::vector<LostCalls> lost_calls(const AppFiles& from, const AppFiles& to,
                                  const std::vector<Atom>& modules) {
  std::vector<LostCalls> found;
  for (const Atom& module : modules) {
    const Beam* before = beam_of(from, module);
    const Beam* after = beam_of(to, module);
    if (before == nullptr || has_same_code(before, after)) continue;
    for (const SelfCalls& calls : before->self_calls()) {
      LostCalls lost{module, calls.function, {}};
      std::ranges::copy_if(calls.called, std::back_inserter(lost.called), [&](const FunctionName& each) {
        return after == nullptr || !exports(*after, each.name.name, each.arity);
      });
      if (!lost.called.empty()) found.push_back(std::move(lost));
    }
  }
  return found;
}

std::vector<LostCallbacks> lost_exports(const AppFiles& from, const AppFiles& to,
                                        const std::vector<Atom>& modules) {
  std::vector<LostCallbacks> found;
  for (const Atom& module : modules) {
    const Beam* before = beam_of(from, module);
    const Beam* after = beam_of(to, module);
    if (before == nullptr || has_same_code(before, after)) continue;
    LostCallbacks lost{module, {}};
    std::ranges::copy_if(before->exports, std::back_inserter(lost.functions), [&](const FunctionName& each) {
      return each.name.name != "module_info" &&
             (after == nullptr || !exports(*after, each.name.name, each.arity));
    });
    if (!lost.functions.empty()) found.push_back(std::move(lost));
  }
  return found;
}

std::vector<StartFunction> lost_starts(const AppFiles& from, const AppFiles& to) {
  std::vector<StartFunction> found;
  for (const auto& [module, before] : from.beams) {
    const Beam* after = beam_of(to, module);
    if (after != nullptr && after->md5 == before.md5) continue;
    for (const FunctionName& function : before.exports)
      if (function.name.name.starts_with("start") &&
          (after == nullptr || !exports(*after, function.name.name, function.arity)))
        found.push_back({module, function});
  }
  return found;
}

std::string describe(const std::vector<FunctionName>& functions) {
  std::string text;
  for (const FunctionName& function : functions)
    text += (text.empty() ? "" : ", ") + function.name.name + "/" + std::to_string(function.arity);
  return text;
}

std::vector<Atom> passing_on(const AppFiles& from, const AppFiles& to, const std::vector<LowLevel>& script) {
  std::vector<Atom> modules;
  for (const auto& change : converted_modules(script))
    if (passes_on(from, to, change)) modules.push_back(change.first);
  return modules;
}

std::vector<StateChange> state_changes(const AppFiles& from, const AppFiles& to,
                                       const std::vector<LowLevel>& script) {
  const std::map<Atom, Direction> converted = converted_modules(script);
  const auto change_of = [&](const Atom& module, Unfit unfit) {
    StateChange change{module, std::move(unfit)};
    if (const auto found = converted.find(module); found != converted.end()) {
      change.updated = true;
      change.passes_on = passes_on(from, to, *found);
    }
    return change;
  };
  std::vector<StateChange> changes, kept;
  for (const LowLevel& instruction : script) {
    const auto* load = std::get_if<Load>(&instruction);
    if (load == nullptr) continue;
    const Beam* before = beam_of(from, load->module);
    const Beam* after = beam_of(to, load->module);
    if (before == nullptr || after == nullptr || has_same_code(before, after)) continue;
    if (!before->shapes() || !after->shapes()) continue;
    StateChange change = change_of(load->module, unfit_shapes(*before, *after));
    for (const auto& [module, beam] : from.beams)
      if (auto records = kept_for(change, beam, to); may_keep_state(beam) && !records.empty())
        kept.push_back(change_of(module, {std::move(records), {}}));
    if (may_keep_state(*before) && !change.unfit.empty()) changes.push_back(std::move(change));
  }
  changes.insert(changes.end(), std::make_move_iterator(kept.begin()), std::make_move_iterator(kept.end()));
  return changes;
}

}  // namespace erlrc
