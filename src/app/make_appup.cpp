// SPDX-License-Identifier: BSD-3-Clause
#include <erlrc/app/make_appup.hpp>

#include <erlrc/app/asking_supervisors.hpp>

#include <algorithm>
#include <array>
#include <ranges>
#include <set>
#include <string_view>
#include <utility>

#include <erlrc/term/text.hpp>

#include "load_order.hpp"

// Both directions come from one list of changes in the order of an upgrade. Each change has its instructions
// for upgrade and downgrade; a downgrade takes the list in reverse. So a generated downgrade reverts a
// generated upgrade by construction.

namespace erlrc {
namespace {

struct Change {
  std::vector<Term> up;
  std::vector<Term> down;
};

std::vector<Term> instructions(std::vector<Change> changes, Direction direction) {
  std::vector<Term> all;
  if (direction == Direction::down) std::ranges::reverse(changes);
  for (Change& change : changes)
    std::ranges::move(direction == Direction::up ? change.up : change.down, std::back_inserter(all));
  return all;
}

struct Versions {
  const AppFiles& earlier;
  const AppFiles& later;

  // The later version: its code knows how to change both ways.
  const Beam& beam(const Atom& module) const { return later.beams.at(module); }
};

Term apply(const Atom& module, std::string_view function, Term first, Term second) {
  return tuple(Atom{"apply"},
               tuple(module, Atom{std::string(function)}, list({std::move(first), std::move(second)})));
}

bool names_any(const std::vector<Atom>& names, std::initializer_list<std::string_view> of) {
  return std::ranges::any_of(names,
                             [&](const Atom& name) { return std::ranges::find(of, name.name) != of.end(); });
}

// --- the author's hooks

// The change of a supervisor, surrounded by the hooks that start added and stop removed children.
Change with_hooks(const Atom& module, const Versions& versions, Change change) {
  Term earlier = string(versions.earlier.spec.vsn);
  Term later = string(versions.later.spec.vsn);
  if (exports(versions.beam(module), "sup_upgrade_notify", 2))
    change.up.push_back(apply(module, "sup_upgrade_notify", earlier, later));
  if (exports(versions.beam(module), "sup_downgrade_notify", 2))
    change.down.insert(change.down.begin(), apply(module, "sup_downgrade_notify", earlier, later));
  return change;
}

Change version_change(const Versions& versions) {
  const auto& start = versions.later.spec.mod;
  auto found = start ? versions.later.beams.find(start->module) : versions.later.beams.end();
  if (found == versions.later.beams.end() || !exports(found->second, "version_change", 2)) return {};
  Term earlier = string(versions.earlier.spec.vsn);
  return {{apply(start->module, "version_change", earlier, start->args)},
          {apply(start->module, "version_change", tuple(Atom{"down"}, earlier), start->args)}};
}

// --- kinds of modules

bool keeps_state(const Beam& beam) {
  return exports(beam, "system_continue", 3) ||
         names_any(behaviours(beam), {"gen_server", "gen_statem", "gen_event", "gen_fsm", "supervisor_bridge",
                                      "Elixir.GenServer", "Elixir.GenEvent", "Elixir.GenStage"});
}

// The modules that have a beam, each once, in the order of the .app file. Those that it does not list come
// last.
std::vector<Atom> modules(const AppFiles& files) {
  std::vector<Atom> names;
  std::set<Atom> seen;
  for (const Atom& module : files.spec.modules)
    if (files.beams.contains(module) && seen.insert(module).second) names.push_back(module);
  return names;
}

struct Difference {
  std::vector<Atom> added;
  std::vector<Atom> kept;  // in the later version's order
  std::vector<Atom> deleted;
};

Difference difference(const Versions& versions) {
  std::vector<Atom> earlier = modules(versions.earlier);
  std::vector<Atom> later = modules(versions.later);
  std::set<Atom> in_earlier(earlier.begin(), earlier.end());
  std::set<Atom> in_later(later.begin(), later.end());
  Difference made;
  for (const Atom& module : later)
    (in_earlier.contains(module) ? made.kept : made.added).push_back(module);
  for (const Atom& module : earlier)
    if (!in_later.contains(module)) made.deleted.push_back(module);
  return made;
}

// --- instructions

const Term& soft() {
  static const Term kSoft = Atom{"soft_purge"};
  return kSoft;
}

// Avoids add_module, which purges brutally: a process may still run code removed by an earlier upgrade.
Term load(const Atom& module, Term depends_on = list()) {
  return tuple(Atom{"load_module"}, module, soft(), soft(), std::move(depends_on));
}

// Avoids delete_module, for the same reason.
Term remove(const Atom& module) {
  return tuple(Atom{"remove"}, tuple(module, soft(), soft()));
}

// Whether the module differs, or is in one version only.
bool differs(const Atom& module, const Versions& versions) {
  const auto earlier = versions.earlier.beams.find(module);
  const auto later = versions.later.beams.find(module);
  if (earlier == versions.earlier.beams.end() || later == versions.later.beams.end())
    return (earlier == versions.earlier.beams.end()) != (later == versions.later.beams.end());
  return earlier->second.md5 != later->second.md5;
}

// Whether the author has changed code_change, or what it calls, to more than to return the state.
CodeComparison compare_conversions(const Atom& module, const Versions& versions) {
  const Beam& earlier = versions.earlier.beams.at(module);
  const Beam& later = versions.later.beams.at(module);
  if (later.shapes()->passes_on) return CodeComparison::same;
  if (later.conversion && !converts_states(earlier)) return CodeComparison::other;
  const CodeComparison own = compare(earlier.conversion, later.conversion);
  const auto other = [&](const Atom& called) { return called != module && differs(called, versions); };
  if (own == CodeComparison::same && std::ranges::any_of(later.conversion->calls, other))
    return CodeComparison::other;
  return own;
}

// The compiler's own vsn is that of the code. So if other code has the same, its author has set it and has
// not changed it: the states are still those of that version, and code_change, which may have converted them
// in an earlier upgrade, does not get them again. Unless records show that they are other ones, or
// code_change is known to be another one.
bool has_same_states(const Atom& module, const Versions& versions) {
  const Beam& earlier = versions.earlier.beams.at(module);
  const Beam& later = versions.later.beams.at(module);
  const auto vsn = vsn_attribute(later);
  if (!vsn || vsn != vsn_attribute(earlier) || !earlier.shapes() || !later.shapes()) return false;
  return compare_conversions(module, versions) != CodeComparison::other &&
         unfit_shapes(earlier, later).empty() && unfit_shapes(later, earlier).empty();
}

// {update, Module, supervisor} and the other forms as OTP expands them, except for the purges.
Change changed(const Atom& module, const Versions& versions, Term depends_on) {
  const Beam& beam = versions.beam(module);
  Term advanced = tuple(Atom{"advanced"}, list());
  if (is_supervisor(beam)) {
    const Term update = tuple(Atom{"update"}, module, Atom{"static"}, Atom{"default"}, advanced, soft(),
                              soft(), std::move(depends_on));
    return with_hooks(module, versions, {{update}, {update}});
  }
  const Term how = has_same_states(module, versions) ? Term{Atom{"soft"}} : advanced;
  Term instruction = converts_states(beam)
                         ? tuple(Atom{"update"}, module, how, soft(), soft(), std::move(depends_on))
                         : load(module, std::move(depends_on));
  return {{instruction}, {instruction}};
}

std::vector<Atom> with_other_code(const Versions& versions, const std::vector<Atom>& kept) {
  std::vector<Atom> changed;
  std::ranges::copy_if(kept, std::back_inserter(changed), [&](const Atom& module) {
    return versions.earlier.beams.at(module).md5 != versions.later.beams.at(module).md5;
  });
  return changed;
}

// Their libraries are loaded with them, and by nothing else. A module without on_load would lose its NIFs.
std::vector<Atom> with_other_libraries(const Versions& versions, const std::vector<Atom>& kept) {
  std::vector<Atom> found;
  if (!libraries_may_differ(versions.earlier, versions.later)) return found;
  const auto loads_library = [](const Beam& beam) { return beam.nif && beam.on_load; };
  std::ranges::copy_if(kept, std::back_inserter(found), [&](const Atom& module) {
    const Beam& earlier = versions.earlier.beams.at(module);
    const Beam& later = versions.later.beams.at(module);
    return earlier.md5 == later.md5 && loads_library(later);
  });
  return found;
}

std::vector<Change> changed_modules(const Versions& versions, std::vector<Atom> modules) {
  Dependencies interfaces = interface_dependencies(versions.earlier, versions.later, modules);
  auto supervisors = std::stable_partition(modules.begin(), modules.end(), [&](const Atom& module) {
    return !is_supervisor(versions.beam(module));
  });
  std::vector<Atom> order = load_order(versions.later, {modules.begin(), supervisors}, interfaces);
  std::ranges::copy(load_order(versions.later, {supervisors, modules.end()}, interfaces),
                    std::back_inserter(order));
  std::vector<Change> changes;
  for (const Atom& module : order) {
    std::vector<Atom> depends_on;
    for (const std::string& name : interfaces[module.name])
      depends_on.push_back(Atom{name});
    changes.push_back(changed(module, versions, atoms(depends_on)));
  }
  return changes;
}

// --- remarks

std::vector<AppupRemark> remarks(const Versions& versions, const AppFiles& to,
                                 const std::vector<Atom>& changed) {
  std::vector<AppupRemark> made;
  for (const AppFiles* files : {&versions.earlier, &versions.later})
    for (const Atom& module : files->spec.modules)
      if (!files->beams.contains(module)) made.push_back({module, AppupRemark::Kind::beam_missing});
  for (const Atom& module : to.unlisted)
    made.push_back({module, AppupRemark::Kind::not_listed});
  for (const Atom& module : changed) {
    const Beam& later = versions.beam(module);
    bool state = keeps_state(versions.earlier.beams.at(module)) || keeps_state(later);
    if (state && !is_supervisor(later) && !converts_states(later))
      made.push_back({module, AppupRemark::Kind::no_code_change});
    if (!is_supervisor(later) && converts_states(later) && has_same_states(module, versions) &&
        compare_conversions(module, versions) == CodeComparison::unknown)
      made.push_back({module, AppupRemark::Kind::conversion_unknown});
    const Beam& target = to.beams.at(module);
    if (target.nif)
      made.push_back(
          {module, target.on_load ? AppupRemark::Kind::nif_replaced : AppupRemark::Kind::nif_lost});
  }
  auto key = [](const AppupRemark& remark) { return std::pair(remark.module, remark.kind); };
  std::ranges::sort(made, {}, key);
  made.erase(std::unique(made.begin(), made.end()), made.end());
  return made;
}

// --- compatibility with the erlrc of 2008

Change changed_as_2008(const Atom& module, const Versions& versions) {
  const Beam& beam = versions.beam(module);
  if (names_any(behaviours(beam), {"supervisor"})) {
    const Term update = tuple(Atom{"update"}, module, Atom{"supervisor"});
    return with_hooks(module, versions, {{update}, {update}});
  }
  Term brutal = Atom{"brutal_purge"};
  Term instruction = exports(beam, "code_change", 3)
                         ? tuple(Atom{"update"}, module, Atom{"infinity"}, tuple(Atom{"advanced"}, list()),
                                 brutal, brutal, list())
                         : tuple(Atom{"load_module"}, module);
  return {{instruction}, {instruction}};
}

AppFiles only_listed(AppFiles files) {
  std::erase_if(files.spec.modules, [&](const Atom& module) { return files.unlisted.contains(module); });
  return files;
}

Appup appup(const Versions& versions, std::vector<Term> up, std::vector<Term> down) {
  VsnPattern earlier{versions.earlier.spec.vsn, false};
  return {versions.later.spec.vsn, {{earlier, std::move(up)}}, {{earlier, std::move(down)}}};
}

}  // namespace

std::string describe(AppupRemark::Kind kind) {
  switch (kind) {
    case AppupRemark::Kind::no_code_change:
      return "keeps a state, changed, and has no code_change";
    case AppupRemark::Kind::conversion_unknown:
      return "keeps its own -vsn, so code_change is not called; whether that has changed cannot be seen";
    case AppupRemark::Kind::nif_replaced:
      return "has NIFs and changed: its library must support an upgrade";
    case AppupRemark::Kind::nif_lost:
      return "has NIFs, changed, and has no on_load: it loses its NIFs";
    case AppupRemark::Kind::beam_missing:
      return "is listed in the .app file and has no .beam file";
    case AppupRemark::Kind::not_listed:
      return "has a .beam file and is not listed in the .app file";
  }
  return {};
}

MadeScript make_script(const AppFiles& from, const AppFiles& to, Direction direction) {
  Versions versions = direction == Direction::up ? Versions{from, to} : Versions{to, from};
  Difference modules = difference(versions);
  std::vector<Atom> changed = with_other_code(versions, modules.kept);
  std::vector<Change> changes;
  for (const Atom& module : modules.added)
    changes.push_back({{load(module)}, {remove(module)}});
  for (const Atom& module : with_other_libraries(versions, modules.kept))
    changes.push_back({{load(module)}, {load(module)}});
  std::ranges::move(changed_modules(versions, changed), std::back_inserter(changes));
  for (const Atom& module : asking_supervisors(from, to))
    changes.push_back(with_hooks(module, versions, {}));
  changes.push_back(version_change(versions));
  for (const Atom& module : modules.deleted)
    changes.push_back({{remove(module)}, {load(module)}});
  return {instructions(std::move(changes), direction), remarks(versions, to, changed)};
}

Appup make_appup(const AppFiles& earlier, const AppFiles& later) {
  return appup({earlier, later}, make_script(earlier, later, Direction::up).instructions,
               make_script(later, earlier, Direction::down).instructions);
}

Appup make_appup_of_2008(const AppFiles& earlier, const AppFiles& later) {
  const AppFiles listed[] = {only_listed(earlier), only_listed(later)};
  const Versions versions{listed[0], listed[1]};
  Difference modules = difference(versions);
  std::vector<Change> changes;
  auto add = [](const Atom& module) { return tuple(Atom{"add_module"}, module); };
  auto erase = [](const Atom& module) { return tuple(Atom{"delete_module"}, module); };
  for (const Atom& module : modules.added)
    changes.push_back({{add(module)}, {erase(module)}});
  for (const Atom& module : modules.kept)
    changes.push_back(changed_as_2008(module, versions));
  changes.push_back(version_change(versions));
  for (const Atom& module : modules.deleted)
    changes.push_back({{erase(module)}, {add(module)}});
  return appup(versions, instructions(changes, Direction::up), instructions(changes, Direction::down));
}

std::string render_appup(const Appup& appup) {
  return print_term_pretty(to_term(appup)) + ".\n";
}

}  // namespace erlrc
