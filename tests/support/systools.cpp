// SPDX-License-Identifier: BSD-3-Clause
#include "systools.hpp"
#include "paths.hpp"

#include <erlrc/base/error.hpp>
#include <erlrc/term/match.hpp>
#include <erlrc/term/text.hpp>

#include <algorithm>
#include <array>
#include <cassert>
#include <fstream>
#include <map>
#include <numeric>
#include <set>
#include <sstream>
#include <string_view>

namespace erlrc::test {
namespace {

// --- errors

std::string names(const Term& modules) {
  std::string text;
  const auto atoms_in = as_atoms(modules).value();
  for (const Atom& name : atoms_in)
    text += (text.empty() ? "" : ", ") + print_atom(name.name);
  return text;
}

bool holds(const std::string& message, const std::string& text) {
  return message.find(text) != std::string::npos;
}

// An element of a wrong type. systools_rc names the wrong part, erlrc the list that contains it.
bool names_bad_part(const std::string& tag, const Term& part, const std::string& message) {
  static const std::map<std::string, std::vector<std::string>> expected{
      {"bad_module",
       {"a module", "a list of modules", "supervisor, soft, {advanced,Extra} or a list of modules",
        "a module or {Mod,Timeout}"}},
      {"bad_list", {"a list of"}},
      {"bad_change", {"soft or {advanced,Extra}"}},
      {"bad_mod_type", {"static or dynamic"}},
      {"bad_purge_method", {"soft_purge or brutal_purge"}},
      {"bad_timeout", {"default, infinity or milliseconds"}},
      {"bad_code_change", {"{Mod,Extra}"}},
      {"bad_mode", {"up or down"}},
      {"bad_start_type", {"permanent, transient, temporary, load or none"}},
      {"bad_application", {"an application"}},
      {"bad_lib", {"an application"}},
      {"bad_lib_vsn", {"a version (a string)"}},
      {"bad_func", {"a function"}},
      {"bad_args_list", {"a list of arguments"}},
      {"bad_node", {"a list of nodes"}},
  };
  const auto found = expected.find(tag);
  return found != expected.end() && holds(message, print_term(part)) &&
         std::ranges::any_of(found->second,
                             [&](const std::string& what) { return holds(message, ", expected " + what); });
}

bool is_same_problem(const Term& reason, const std::string& message) {
  if (is_atom(reason, "crash")) return holds(message, ", expected ");
  if (is_atom(reason, "too_many_point_of_no_return"))
    return message == "point_of_no_return: found more than one";
  const auto& of = *as_tuple(reason);
  const std::string tag = as_atom(of[0])->name;
  const auto name = [&of] { return print_term(of[1]); };
  if (tag == "bad_instruction" || tag == "not_yet_implemented")
    return message.starts_with(name() + ": ") && holds(message, "expected ");
  if (tag == "bad_op_before_point_of_no_return") return holds(message, "found before point_of_no_return");
  if (tag == "no_object_code") return message == "load of " + name() + ": no load_object_code reads it";
  if (tag == "suspended_not_resumed") return message == "suspend of " + names(of[1]) + ": never resumed";
  if (tag == "resumed_not_suspended") return message == "resume of " + names(of[1]) + ": never suspended";
  if (tag == "start_not_stop") return message == "start of " + names(of[1]) + ": never stopped";
  if (tag == "stop_not_start") return message == "stop of " + names(of[1]) + ": never started again";
  if (tag == "no_such_application") return holds(message, "_application " + name() + ": no such application");
  if (tag == "removed_application_present")
    return message == "remove_application " + name() + ": the application is still there after the change";
  if (tag == "no_such_module")
    return message == "module " + name() + ": not listed in the modules of the application";
  if (tag == "undef_module")
    return holds(message, ": depends on " + name() + ", for which there is no instruction");
  if (tag == "muldef_module")
    return message == "module " + name() + ": found several instructions, expected one";
  if (tag == "conflicting_versions")
    return message == "load_object_code of " + name() + ": found versions " + as_string(of[2]).value() +
                          " and " + as_string(of[3]).value() + ", expected one";
  return names_bad_part(tag, of[1], message);
}

// Errors that systools_rc does not check and that fail on a node: a time limit that no timer accepts, a
// version that equals no other, a call without a list of arguments, instructions that release_handler dropped
// long ago.
bool may_be_refused(const std::string& message) {
  constexpr std::array reasons{", expected default, infinity or milliseconds from 1 to 4294967295",
                               ", expected a version (a string)", ", expected a list of arguments",
                               "restart: unknown instruction, expected one of appup(4)",
                               "reboot: unknown instruction, expected one of appup(4)"};
  return std::ranges::any_of(reasons, [&](const char* reason) { return message.ends_with(reason); });
}

// --- order

bool is_change(const Term& instruction) {
  constexpr std::array kinds{"update", "load_module", "add_module", "delete_module"};
  const auto* elements = as_tuple(instruction);
  return elements &&
         std::ranges::any_of(kinds, [&](const char* kind) { return is_atom(elements->front(), kind); });
}

const Atom& module_in(const Term& change) {
  return *as_atom((*as_tuple(change))[1]);
}

std::vector<Atom> dependencies_in(const Term& change) {
  const auto& elements = *as_tuple(change);
  if (elements.size() < 3) return {};
  return as_atoms(elements.back()).value_or(std::vector<Atom>{});
}

// The modules that each one needs, directly or through others.
std::map<Atom, std::set<Atom>> reachable(const std::vector<Term>& changes) {
  std::map<Atom, std::set<Atom>> needs;
  for (const Term& change : changes)
    for (const Atom& other : dependencies_in(change))
      needs[module_in(change)].insert(other);
  for (bool grows = true; grows;) {
    grows = false;
    for (auto& [module, needed] : needs)
      for (const Atom& other : std::set<Atom>(needed))
        for (const Atom& third : std::set<Atom>(needs[other]))
          grows |= needed.insert(third).second;
  }
  return needs;
}

// The positions where the script of systools_rc loads or removes each module, dependents first.
std::map<Atom, std::ptrdiff_t> places(const std::vector<Term>& low_level, Direction direction) {
  std::map<Atom, std::ptrdiff_t> places;
  for (const Term& instruction : low_level) {
    const auto* of = as_tagged(instruction, "load", 2);
    if (of == nullptr) of = as_tagged(instruction, "remove", 2);
    if (of == nullptr) continue;
    const auto place = static_cast<std::ptrdiff_t>(places.size());
    places.emplace(*as_atom((*as_tuple((*of)[1], 3))[0]), direction == Direction::up ? -place : place);
  }
  return places;
}

// Returns `of` with the instructions of each group in the order of systools_rc, at the places of the group's
// instructions. Our translation keeps the order of the script if possible: if the dependencies allow the
// order of systools_rc, ours must now give the same result. Returns nullopt if the members of a cycle changed
// order.
std::optional<ScriptCase> reordered(const ScriptCase& of, const std::vector<Term>& answer) {
  std::vector<std::size_t> slots;
  std::vector<Term> changes;
  for (std::size_t slot = 0; slot < of.script.size(); ++slot)
    if (is_change(of.script[slot])) {
      slots.push_back(slot);
      changes.push_back(of.script[slot]);
    }
  const auto needs = reachable(changes);
  const auto need = [&needs](const Atom& one, const Atom& other) {
    const auto found = needs.find(one);
    return found != needs.end() && found->second.contains(other);
  };
  // Groups of directly connected modules, merged until nothing changes.
  std::vector<std::size_t> group(changes.size());
  std::iota(group.begin(), group.end(), std::size_t{0});
  for (bool merges = true; merges;) {
    merges = false;
    for (std::size_t i = 0; i < changes.size(); ++i)
      for (std::size_t j = 0; j < changes.size(); ++j)
        if (need(module_in(changes[i]), module_in(changes[j])) && group[i] != group[j]) {
          group[i] = group[j] = std::min(group[i], group[j]);
          merges = true;
        }
  }
  const auto place = places(answer, of.direction);
  ScriptCase result = of;
  for (std::size_t first = 0; first < changes.size(); ++first) {
    std::vector<std::size_t> members;
    for (std::size_t i = 0; i < changes.size(); ++i)
      if (group[i] == first) members.push_back(i);
    auto taken = members;
    std::ranges::stable_sort(taken, {}, [&](std::size_t i) {
      const auto found = place.find(module_in(changes[i]));
      return found == place.end() ? 0 : found->second;
    });
    for (std::size_t i = 0; i < taken.size(); ++i) {
      result.script[slots[members[i]]] = changes[taken[i]];
      for (std::size_t j = i + 1; j < taken.size(); ++j) {
        const Atom& one = module_in(changes[taken[i]]);
        const Atom& other = module_in(changes[taken[j]]);
        if (need(one, other) && need(other, one) && taken[i] > taken[j]) return std::nullopt;
      }
    }
  }
  return result;
}

// --- spelling

Term in_our_spelling(const Term& instruction) {
  if (const auto* change = as_tagged(instruction, "code_change", 2))
    return tuple((*change)[0], Atom{"up"}, (*change)[1]);
  if (const auto* suspend = as_tagged(instruction, "suspend", 2)) {
    std::vector<Term> items = *as_list((*suspend)[1]);
    for (Term& item : items)
      if (const auto* pair = as_tuple(item, 2); pair && is_atom((*pair)[1], "default"))
        item = Term((*pair)[0]);
    return tuple((*suspend)[0], list(items));
  }
  return instruction;
}

Term print_or_error(const Translation& translation) {
  if (translation.error) return tuple(Atom{"error"}, string(*translation.error));
  return tuple(Atom{"ok"}, list(translation.script));
}

std::vector<ScriptCase> parse_written_cases() {
  const std::string file = test::in_source("tests/support/scripts.term");
  std::ostringstream text;
  text << std::ifstream(file).rdbuf();
  std::vector<AppSpec> to;
  std::vector<AppSpec> from;
  std::vector<ScriptCase> cases;
  for (const ParsedTerm& parsed : parse_terms(text.str(), file)) {
    const auto& pair = *as_tuple(parsed.term, 2);
    const auto& terms = *as_list(pair[1]);
    if (is_atom(pair[0], "to")) {
      std::ranges::transform(terms, std::back_inserter(to), app_of);
    } else if (is_atom(pair[0], "from")) {
      std::ranges::transform(terms, std::back_inserter(from), app_of);
    } else {
      for (const Direction direction : {Direction::up, Direction::down})
        cases.push_back({as_string(pair[0]).value(), direction, terms, to, from});
    }
  }
  return cases;
}

}  // namespace

AppSpec app_of(const Term& term) {
  const auto& of = *as_tuple(term, 3);
  AppSpec app;
  app.name = *as_atom(of[0]);
  app.vsn = as_string(of[1]).value();
  app.modules = as_atoms(of[2]).value();
  return app;
}

Term term_of(const AppSpec& app) {
  return tuple(app.name, string(app.vsn), atoms(app.modules));
}

const std::vector<ScriptCase>& written_cases() {
  static const std::vector<ScriptCase> cases = parse_written_cases();
  return cases;
}

Translation translate_terms(const ScriptCase& of, Grouping grouping) {
  try {
    std::vector<Instruction> script;
    std::ranges::transform(of.script, std::back_inserter(script), parse_instruction);
    Translation translation;
    for (const LowLevel& instruction : translate(script, of.direction, of.to, of.from, grouping))
      translation.script.push_back(to_term(instruction));
    return translation;
  } catch (const Error& error) {
    return {{}, error.what()};
  }
}

Likeness compare(const ScriptCase& of, const Term& answer) {
  const Translation ours = translate_terms(of);
  if (const auto* error = as_tagged(answer, "error", 2))
    return ours.error && is_same_problem((*error)[1], *ours.error) ? Likeness::same : Likeness::different;
  if (ours.error) return may_be_refused(*ours.error) ? Likeness::stricter : Likeness::different;
  const auto& theirs = *as_list(as_tagged(answer, "ok", 2)->at(1));
  if (ours.script == theirs) return Likeness::same;
  std::vector<Term> spelled;
  std::ranges::transform(theirs, std::back_inserter(spelled), in_our_spelling);
  if (ours.script == spelled) return Likeness::spelled;
  const auto other = reordered(of, theirs);
  if (other && other->script != of.script && translate_terms(*other).script == spelled)
    return Likeness::reordered;
  return Likeness::different;
}

std::string explain(const ScriptCase& of, const Term& answer) {
  return of.name + (of.direction == Direction::up ? ", up" : ", down") + "\n  script   " +
         print_term(list(of.script)) + "\n  systools " + print_term(answer) + "\n  ours     " +
         print_term(print_or_error(translate_terms(of)));
}

}  // namespace erlrc::test
