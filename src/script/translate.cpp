// SPDX-License-Identifier: BSD-3-Clause
#include <erlrc/script/translate.hpp>

#include <erlrc/base/error.hpp>
#include <erlrc/term/text.hpp>

#include <algorithm>
#include <concepts>
#include <string>
#include <utility>

#include "translate_impl.hpp"

// Follows the order of systools_rc, described in appup(4) and relup(4) of the sasl reference manual. First
// the script is split at the point of no return and checked, and instructions for applications are replaced.
// Then each group of modules that depend on one another becomes suspend, load, code_change and resume, at the
// place of its first module.

namespace erlrc {
namespace {

using script::ModuleChange;
using script::ModuleChanges;

template <typename T>
concept IsLowLevel = std::constructible_from<LowLevel, T>;

// A script divided at the point of no return. All object code is read before that point.
struct Halves {
  std::vector<LowLevel> before;  // load_object_code and apply
  std::vector<Instruction> after;
};

Halves split(const std::vector<Instruction>& script) {
  const auto is_point = [](const Instruction& i) { return std::holds_alternative<PointOfNoReturn>(i); };
  const auto point = std::ranges::find_if(script, is_point);
  Halves halves;
  auto rest = script.begin();
  if (point != script.end()) {
    if (std::any_of(point + 1, script.end(), is_point))
      throw Error("point_of_no_return: found more than one");
    for (; rest != point; ++rest) {
      if (const auto* read = std::get_if<LoadObjectCode>(&*rest))
        halves.before.emplace_back(*read);
      else if (const auto* apply = std::get_if<Apply>(&*rest))
        halves.before.emplace_back(*apply);
      else
        throw Error("instruction " + std::to_string(rest - script.begin() + 1) +
                    ": found before point_of_no_return, where only load_object_code and apply are allowed");
    }
    ++rest;
  }
  for (; rest != script.end(); ++rest)
    if (const auto* read = std::get_if<LoadObjectCode>(&*rest))
      halves.before.emplace_back(*read);
    else
      halves.after.push_back(*rest);
  return halves;
}

// --- checks of low-level instructions written by an author

std::string print_names(const std::vector<Atom>& names) {
  std::string text;
  for (const Atom& name : names)
    text += (text.empty() ? "" : ", ") + print_atom(name.name);
  return text;
}

// Throws `what A, B: problem` if elements A and B of `found` are not in `expected`.
void require(const std::vector<Atom>& found, const std::vector<Atom>& expected, const char* what,
             const char* problem) {
  std::vector<Atom> missing;
  std::ranges::copy_if(found, std::back_inserter(missing), [&expected](const Atom& module) {
    return std::ranges::find(expected, module) == expected.end();
  });
  if (!missing.empty()) throw Error(std::string(what) + " " + print_names(missing) + ": " + problem);
}

template <typename OfModules>
std::vector<Atom> modules_in_all(const std::vector<Instruction>& script) {
  std::vector<Atom> modules;
  for (const Instruction& instruction : script)
    if (const auto* of = std::get_if<OfModules>(&instruction)) {
      if constexpr (std::same_as<OfModules, Suspend>)
        std::ranges::transform(of->items, std::back_inserter(modules), &Suspend::Item::module);
      else if constexpr (std::same_as<OfModules, Load>)
        modules.push_back(of->module);
      else
        std::ranges::copy(of->modules, std::back_inserter(modules));
    }
  return modules;
}

void check(const Halves& halves) {
  std::vector<Atom> read;
  for (const LowLevel& instruction : halves.before)
    if (const auto* code = std::get_if<LoadObjectCode>(&instruction))
      std::ranges::copy(code->modules, std::back_inserter(read));
  require(modules_in_all<Load>(halves.after), read, "load of", "no load_object_code reads it");

  const auto suspended = modules_in_all<Suspend>(halves.after);
  const auto resumed = modules_in_all<Resume>(halves.after);
  require(suspended, resumed, "suspend of", "never resumed");
  require(resumed, suspended, "resume of", "never suspended");

  const auto stopped = modules_in_all<StopProcesses>(halves.after);
  const auto started = modules_in_all<StartProcesses>(halves.after);
  require(started, stopped, "start of", "never stopped");
  require(stopped, started, "stop of", "never started again");
}

// --- applications

using Mixed = std::variant<ModuleChange, LowLevel>;

const AppSpec* find_app(const std::vector<AppSpec>& apps, const Atom& name) {
  const auto found = std::ranges::find(apps, name, &AppSpec::name);
  return found == apps.end() ? nullptr : &*found;
}

const AppSpec& app_in(const std::vector<AppSpec>& apps, const Atom& name, const char* instruction,
                      const char* when) {
  if (const AppSpec* app = find_app(apps, name)) return *app;
  throw Error(std::string(instruction) + " " + print_atom(name.name) + ": no such application " + when +
              " the change");
}

// Replaces instructions for whole applications with instructions for their modules.
class Expansion {
public:
  Expansion(const std::vector<AppSpec>& to, const std::vector<AppSpec>& from) : to_(to), from_(from) {}

  void add(const Instruction& instruction) {
    std::visit(
        Overload{
            [this](const Update& i) { expanded.emplace_back(ModuleChange(i)); },
            [this](const LoadModule& i) { expanded.emplace_back(ModuleChange(i)); },
            [this](const DeleteModule& i) { expanded.emplace_back(ModuleChange(i)); },
            // The module is new: there is nothing to purge.
            [this](const AddModule& i) {
              expanded.emplace_back(ModuleChange(LoadModule{.module = i.module, .depends_on = i.depends_on}));
            },
            [this](const AddApplication& i) {
              add_modules(app_in(to_, i.app, "add_application", "after"), i.type.name);
            },
            [this](const RemoveApplication& i) { remove_application(i.app); },
            [this](const RestartApplication& i) {
              const AppSpec& from = app_in(from_, i.app, "restart_application", "before");
              const AppSpec& to = app_in(to_, i.app, "restart_application", "after");
              stop_and_remove(from);
              add_modules(to, "permanent");
            },
            [this](const IsLowLevel auto& i) { expanded.emplace_back(LowLevel(i)); },
        },
        instruction);
  }

  std::vector<Mixed> expanded;

private:
  void apply(const char* function, std::vector<Term> args) {
    expanded.emplace_back(LowLevel(Apply{Atom{"application"}, Atom{function}, std::move(args)}));
  }

  void add_modules(const AppSpec& app, const std::string& type) {
    for (const Atom& module : app.modules)
      expanded.emplace_back(ModuleChange(LoadModule{.module = module}));
    if (type == "load")
      apply("load", {app.name});
    else if (type != "none")
      apply("start", {app.name, Atom{type}});
  }

  void stop_and_remove(const AppSpec& app) {
    apply("stop", {app.name});
    for (const Atom& module : app.modules)
      expanded.emplace_back(LowLevel(Remove{.module = module}));
    expanded.emplace_back(LowLevel(PurgeModules{app.modules}));
  }

  void remove_application(const Atom& name) {
    if (find_app(to_, name) != nullptr)
      throw Error("remove_application " + print_atom(name.name) +
                  ": the application is still there after the change");
    stop_and_remove(app_in(from_, name, "remove_application", "before"));
    apply("unload", {name});
  }

  const std::vector<AppSpec>& to_;
  const std::vector<AppSpec>& from_;
};

// --- modules

std::vector<CodeChange::Item> conversions(const std::vector<const ModuleChange*>& changes,
                                          const auto& is_included) {
  std::vector<CodeChange::Item> items;
  for (const ModuleChange* change : changes)
    if (const auto* update = std::get_if<Update>(change); update && update->extra && is_included(*update))
      items.push_back({update->module, *update->extra});
  return items;
}

// A group of modules that depend on one another, `changes` with dependents first.
void append_group(const std::vector<const ModuleChange*>& changes, Direction direction,
                  std::vector<LowLevel>& to) {
  const auto is_static = [](const Update& u) { return u.mod_type == Update::ModType::static_; };
  const auto is_dynamic = [](const Update& u) { return u.mod_type == Update::ModType::dynamic_; };
  const bool up = direction == Direction::up;

  const auto suspend = script::suspend_of(changes);
  if (suspend) to.emplace_back(*suspend);
  // In a downgrade, the running code knows how to convert its state; a static process has no own state.
  if (!up) script::append_code_change(direction, conversions(changes, is_dynamic), to);
  auto in_load_order = changes;
  if (up) std::ranges::reverse(in_load_order);
  for (const ModuleChange* change : in_load_order) {
    if (const auto load = script::load_of(*change))
      to.emplace_back(*load);
    else
      script::append_removal(std::get<DeleteModule>(*change), to);
  }
  if (up)
    script::append_code_change(direction, conversions(changes, [](const Update&) { return true; }), to);
  else
    script::append_code_change(direction, conversions(changes, is_static), to);
  if (suspend) to.emplace_back(script::resume_of(*suspend));
}

struct Translated {
  std::vector<LoadObjectCode> read;
  std::vector<LowLevel> after;
};

Translated translate_modules(const std::vector<Mixed>& mixed, Direction direction,
                             const std::vector<AppSpec>& to) {
  std::vector<ModuleChange> in_script;
  for (const Mixed& instruction : mixed)
    if (const auto* change = std::get_if<ModuleChange>(&instruction)) in_script.push_back(*change);
  const ModuleChanges changes(std::move(in_script));
  const script::Owners owners(to);

  const auto components = changes.components();
  auto next_component = components.begin();
  std::size_t number = 0;  // number of the next module change
  Translated translated;
  for (const Mixed& instruction : mixed) {
    if (const auto* low = std::get_if<LowLevel>(&instruction)) {
      translated.after.push_back(*low);
      continue;
    }
    // A group takes the place of its first member.
    if (next_component != components.end() && next_component->front() == number) {
      std::vector<const ModuleChange*> group;
      for (const std::size_t member : changes.dependents_first(*next_component))
        group.push_back(&changes.all()[member]);
      for (const ModuleChange* change : group)
        if (script::load_of(*change))
          translated.read.push_back(owners.object_code_of(script::module_of(*change)));
      append_group(group, direction, translated.after);
      ++next_component;
    }
    ++number;
  }
  return translated;
}

// --- whole scripts

// A restart with a new emulator comes first in an upgrade and last in a downgrade; other restarts become one,
// at the end.
void place_restarts(Direction direction, std::vector<LowLevel>& before, std::vector<LowLevel>& after) {
  const auto new_emulators =
      std::erase_if(after, [](const LowLevel& i) { return std::holds_alternative<RestartNewEmulator>(i); });
  const auto restarts =
      std::erase_if(after, [](const LowLevel& i) { return std::holds_alternative<RestartEmulator>(i); });
  const bool up = direction == Direction::up;
  if (new_emulators > 0 && up) before.insert(before.begin(), RestartNewEmulator{});
  if (restarts > 0 || (new_emulators > 0 && !up)) after.emplace_back(RestartEmulator{});
}

std::vector<LowLevel> translate_as_otp(const std::vector<Instruction>& script, Direction direction,
                                       const std::vector<AppSpec>& to, const std::vector<AppSpec>& from) {
  const Halves halves = split(script);
  check(halves);
  Expansion expansion(to, from);
  for (const Instruction& instruction : halves.after)
    expansion.add(instruction);
  Translated translated = translate_modules(expansion.expanded, direction, to);

  std::vector<LoadObjectCode> read;
  std::vector<LowLevel> applies;
  for (const LowLevel& instruction : halves.before)
    if (const auto* code = std::get_if<LoadObjectCode>(&instruction))
      read.push_back(*code);
    else
      applies.push_back(instruction);
  std::ranges::copy(translated.read, std::back_inserter(read));

  std::vector<LowLevel> whole;
  std::ranges::copy(script::merged(read), std::back_inserter(whole));
  std::ranges::copy(applies, std::back_inserter(whole));
  place_restarts(direction, whole, translated.after);
  whole.emplace_back(PointOfNoReturn{});
  std::ranges::move(translated.after, std::back_inserter(whole));
  return whole;
}

}  // namespace

std::vector<LowLevel> translate(const std::vector<Instruction>& script, Direction direction,
                                const std::vector<AppSpec>& to, const std::vector<AppSpec>& from,
                                Grouping grouping) {
  if (grouping == Grouping::together)
    if (auto together = script::translate_together(script, direction, to, from)) return *std::move(together);
  return translate_as_otp(script, direction, to, from);
}

}  // namespace erlrc
