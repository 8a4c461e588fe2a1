// SPDX-License-Identifier: BSD-3-Clause
#include "supervisors.hpp"

#include <algorithm>
#include <utility>

#include <erlrc/app/asking_supervisors.hpp>
#include <erlrc/term/text.hpp>

namespace erlrc {
namespace {

const SupervisorInit* init_of(const AppFiles& files, const Atom& module) {
  const auto beam = files.beams.find(module);
  return beam != files.beams.end() && beam->second.init ? &*beam->second.init : nullptr;
}

/// The supervisors whose processes call init/1 of the new code.
std::vector<NoteChildren::Item> changed(const Supervisors& script) {
  std::vector<NoteChildren::Item> found;
  for (const auto& [module, called] : script.code_changed) {
    const SupervisorInit* now = init_of(script.to, module);
    const SupervisorInit* before = init_of(script.from, module);
    if (now == nullptr) continue;
    found.push_back({module, before != nullptr && before->effects.empty() && now->effects.empty(),
                     // The author may have made room for them.
                     called ? std::vector<Atom>{} : now->tables, called ? std::vector<Atom>{} : now->names});
  }
  return found;
}

/// Whether a module that is loaded starts a supervisor with its children as arguments, as applications of
/// Elixir do.
bool starts_supervisors(const Supervisors& script) {
  const ImportedFunction start{Atom{"Elixir.Supervisor"}, {Atom{"start_link"}, 2}};
  return std::ranges::any_of(script.loaded, [&](const Atom& module) {
    const auto beam = script.to.beams.find(module);
    return beam != script.to.beams.end() &&
           std::ranges::find(beam->second.imports, start) != beam->second.imports.end();
  });
}

/// Whether supervisors of other applications may ask modules that are loaded.
bool is_asked_by_others(const Supervisors& script) {
  return !script.loaded.empty() && std::ranges::any_of(script.node.running, [&](const auto& running) {
    const auto app = script.node.loaded.find(running.first);
    return app != script.node.loaded.end() &&
           std::ranges::find(app->second.applications, script.to.spec.name) != app->second.applications.end();
  });
}

/// Why a supervisor's old children cannot be distinguished from those that were added at run time.
std::string note_on_children(const AppFiles& from, const AppFiles& to, const Atom& supervisor) {
  std::string effect;
  for (const AppFiles* files : {&from, &to})
    if (const SupervisorInit* init = init_of(*files, supervisor);
        init && effect.empty() && !init->effects.empty())
      effect = init->effects.front();
  return "children that " + print_atom(supervisor.name) +
         " no longer has stay: its init/1 is not called twice" +
         (effect.empty() ? "" : ", because of " + effect);
}

}  // namespace

std::optional<NoteChildren> note_children(const Supervisors& supervisors, const std::vector<Atom>& trees,
                                          const Policy& policy) {
  NoteChildren step{trees, changed(supervisors), {}};
  const bool keep = policy.children == Policy::Children::keep;
  const bool compares = !keep && policy.engine == Policy::Engine::erlrc;
  if (compares)
    for (Atom& module : asking_supervisors(supervisors.from, supervisors.to)) {
      if (supervisors.code_changed.contains(module)) continue;
      // Its code is the same, so what it does in one version it does in the other.
      if (init_of(supervisors.to, module)->effects.empty())
        step.items.push_back({module, true});
      else
        step.asking.push_back(std::move(module));
    }
  const bool any = !step.items.empty() || !step.asking.empty();
  const bool others = compares && (starts_supervisors(supervisors) || is_asked_by_others(supervisors));
  if (!any && !others) return std::nullopt;
  if (keep)
    for (NoteChildren::Item& item : step.items)
      item.askable = false;
  return step;
}

ChangeChildren change_children(const NoteChildren& noted) {
  ChangeChildren step{noted.asking};
  for (const NoteChildren::Item& item : noted.items)
    step.modules.push_back(item.module);
  return step;
}

std::vector<std::string> notes_on(const NoteChildren& noted, const AppFiles& from, const AppFiles& to) {
  std::vector<std::string> notes;
  for (const NoteChildren::Item& item : noted.items)
    if (!item.askable) notes.push_back(note_on_children(from, to, item.module));
  return notes;
}

}  // namespace erlrc
