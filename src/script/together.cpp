// SPDX-License-Identifier: BSD-3-Clause
#include <erlrc/base/error.hpp>

#include <algorithm>
#include <iterator>
#include <numeric>
#include <unordered_set>
#include <utility>

#include "translate_impl.hpp"

// Changes all modules of a script in one switch. The generated scripts, for which this is made, contain only
// changes of modules, removals, and calls of the author's hooks. These instructions move:
//
// - An added module (an add_module, or the load_module of one that the application did not have) is loaded
//   before the existing modules, which do not call it until they are new themselves. If a hook is called
//   before the switch, the added modules are loaded before the hook, which may start processes of them.
// - sup_upgrade_notify comes after its supervisor's update and needs the new code and a supervisor that
//   responds: in an upgrade, a call between two updates is moved after the switch. sup_downgrade_notify comes
//   before the update and is part of the old code: in a downgrade, such a call is moved before the switch. A
//   call before or after all updates stays there.
// - A module is removed after the switch, and after the calls before the removal, which end the processes
//   that run the module.
// - In an upgrade, static processes (supervisors) are converted first: at a start, too, init/1 of a
//   supervisor ends before its children begin. In a downgrade, dynamic processes are converted by the later
//   code, which knows both versions, before it is replaced; static ones by the earlier code, as always. Both
//   directions use two instructions, since the processes of one instruction may be converted in parallel.
// - Nothing is resumed before everything is converted, so that a rollback need not revert work of the new
//   code.
//
// The pre_purge of a load concerns code that was old before the script began. The runner may purge it before
// the first suspend, and soft_purge is checked before anything else, as in release_handler.

namespace erlrc::script {
namespace {

// A script divided at its switch.
struct Parts {
  std::vector<ModuleChange> added;
  std::vector<ModuleChange> switched;
  std::vector<ModuleChange> deleted;
  std::vector<Apply> before;
  std::vector<std::variant<Apply, DeleteModule, Remove>> after;
  bool added_before_calls = false;  // the added modules are loaded before the calls of `before`
};

class Script {
public:
  Script(const std::vector<Instruction>& script, const std::vector<AppSpec>& from) : script_(script) {
    for (const AppSpec& app : from)
      existing_.insert(app.modules.begin(), app.modules.end());
  }

  // Returns nullopt without a switch, or if an instruction must keep its place in the script.
  std::optional<Parts> take_apart(Direction direction) const {
    const auto is_switched = [this](const Instruction& i) { return this->is_switched(i); };
    const auto first = std::ranges::find_if(script_, is_switched);
    if (first == script_.end() || !std::ranges::all_of(script_, can_be_moved)) return std::nullopt;
    const auto after_last = std::find_if(script_.rbegin(), script_.rend(), is_switched).base();
    const auto end_of_before = direction == Direction::up ? first : after_last;
    Parts parts;
    for (auto at = script_.begin(); at != script_.end(); ++at)
      if (!take(*at, at < end_of_before, parts)) return std::nullopt;
    return parts;
  }

private:
  static bool can_be_moved(const Instruction& i) {
    return std::holds_alternative<Update>(i) || std::holds_alternative<LoadModule>(i) ||
           std::holds_alternative<AddModule>(i) || std::holds_alternative<DeleteModule>(i) ||
           std::holds_alternative<Remove>(i) || std::holds_alternative<Apply>(i);
  }

  bool is_switched(const Instruction& i) const {
    const auto* load = std::get_if<LoadModule>(&i);
    return std::holds_alternative<Update>(i) || (load != nullptr && existing_.contains(load->module));
  }

  // Returns false if a removal would move after a call, or a load, that its author placed after it.
  bool take(const Instruction& instruction, bool is_before, Parts& parts) const {
    if (const auto* update = std::get_if<Update>(&instruction)) {
      parts.switched.emplace_back(*update);
    } else if (const auto* load = std::get_if<LoadModule>(&instruction)) {
      (existing_.contains(load->module) ? parts.switched : parts.added).emplace_back(*load);
    } else if (const auto* add = std::get_if<AddModule>(&instruction)) {
      parts.added.emplace_back(LoadModule{.module = add->module, .depends_on = add->depends_on});
    } else if (const auto* deletion = std::get_if<DeleteModule>(&instruction)) {
      parts.deleted.emplace_back(*deletion);
      parts.after.emplace_back(*deletion);
    } else if (const auto* removal = std::get_if<Remove>(&instruction)) {
      if (is_changed(removal->module)) return false;
      parts.after.emplace_back(*removal);
    } else if (!is_before) {
      parts.after.emplace_back(std::get<Apply>(instruction));
    } else {
      // `after` contains only removals here.
      if (!parts.after.empty()) return false;
      parts.added_before_calls |= !parts.added.empty();
      parts.before.push_back(std::get<Apply>(instruction));
    }
    return true;
  }

  bool is_changed(const Atom& module) const {
    return std::ranges::any_of(script_, [&module](const Instruction& i) {
      return std::visit(
          Overload{[&](const Update& c) { return c.module == module; },
                   [&](const LoadModule& c) { return c.module == module; },
                   [&](const AddModule& c) { return c.module == module; }, [](const auto&) { return false; }},
          i);
    });
  }

  const std::vector<Instruction>& script_;
  std::unordered_set<Atom> existing_;
};

std::vector<std::size_t> numbers(std::size_t from, std::size_t to) {
  std::vector<std::size_t> range(to - from);
  std::iota(range.begin(), range.end(), from);
  return range;
}

// The modules to load, in order: `early` before the calls, `switched` all at once.
struct LoadOrder {
  std::vector<const ModuleChange*> early;
  std::vector<const ModuleChange*> switched;
};

// Returns nullopt if an added module would have to be loaded before the calls and after a module of the
// switch.
std::optional<LoadOrder> load_order(const Parts& parts, const ModuleChanges& changes, Direction direction) {
  const std::size_t added = parts.added.size();
  const std::size_t loaded = added + parts.switched.size();
  const auto append = [&changes](const std::vector<std::size_t>& of, std::vector<const ModuleChange*>& to) {
    for (const std::size_t number : of)
      to.push_back(&changes.all()[number]);
  };
  LoadOrder order;
  if (direction == Direction::down) {
    append(changes.dependents_first(numbers(0, added)),
           parts.added_before_calls ? order.early : order.switched);
    append(changes.dependents_first(numbers(added, loaded)), order.switched);
    return order;
  }
  const auto all = changes.dependencies_first(numbers(0, loaded));
  const auto is_added = [added](std::size_t number) { return number < added; };
  if (!parts.added_before_calls) {
    append(all, order.switched);
    return order;
  }
  if (!std::ranges::is_partitioned(all, is_added)) return std::nullopt;
  const auto border = all.begin() + static_cast<std::ptrdiff_t>(added);
  append({all.begin(), border}, order.early);
  append({border, all.end()}, order.switched);
  return order;
}

std::vector<CodeChange::Item> conversions(const std::vector<const ModuleChange*>& changes,
                                          Update::ModType type) {
  std::vector<CodeChange::Item> items;
  for (const ModuleChange* change : changes)
    if (const auto* update = std::get_if<Update>(change); update && update->extra && update->mod_type == type)
      items.push_back({update->module, *update->extra});
  return items;
}

void append_loads(const std::vector<const ModuleChange*>& changes, std::vector<LowLevel>& to) {
  for (const ModuleChange* change : changes)
    to.emplace_back(load_of(*change).value());
}

void append_switch(const std::vector<const ModuleChange*>& loads, Direction direction,
                   std::vector<LowLevel>& to) {
  const bool up = direction == Direction::up;
  // As in OTP, a module is suspended before those it depends on, so that no process waits for a suspended
  // one.
  auto dependents_first = loads;
  if (up) std::ranges::reverse(dependents_first);
  const auto convert = [&](Update::ModType type) {
    append_code_change(direction, conversions(dependents_first, type), to);
  };

  const auto suspend = suspend_of(dependents_first);
  if (suspend) to.emplace_back(*suspend);
  if (!up) convert(Update::ModType::dynamic_);
  append_loads(loads, to);
  convert(Update::ModType::static_);
  if (up) convert(Update::ModType::dynamic_);
  if (suspend) to.emplace_back(resume_of(*suspend));
}

}  // namespace

std::optional<std::vector<LowLevel>> translate_together(const std::vector<Instruction>& script,
                                                        Direction direction, const std::vector<AppSpec>& to,
                                                        const std::vector<AppSpec>& from) {
  const auto parts = Script(script, from).take_apart(direction);
  if (!parts) return std::nullopt;
  std::vector<ModuleChange> all = parts->added;
  std::ranges::copy(parts->switched, std::back_inserter(all));
  std::ranges::copy(parts->deleted, std::back_inserter(all));
  const ModuleChanges changes(std::move(all));
  const auto order = load_order(*parts, changes, direction);
  if (!order) return std::nullopt;

  const Owners owners(to);
  std::vector<LoadObjectCode> read;
  for (const ModuleChange* change : order->early)
    read.push_back(owners.object_code_of(module_of(*change)));
  for (const ModuleChange* change : order->switched)
    read.push_back(owners.object_code_of(module_of(*change)));

  std::vector<LowLevel> whole;
  std::ranges::move(merged(read), std::back_inserter(whole));
  whole.emplace_back(PointOfNoReturn{});
  append_loads(order->early, whole);
  std::ranges::copy(parts->before, std::back_inserter(whole));
  append_switch(order->switched, direction, whole);
  for (const auto& step : parts->after)
    std::visit(Overload{[&whole](const Apply& apply) { whole.emplace_back(apply); },
                        [&whole](const Remove& removal) { whole.emplace_back(removal); },
                        [&whole](const DeleteModule& deletion) { append_removal(deletion, whole); }},
               step);
  return whole;
}

}  // namespace erlrc::script
