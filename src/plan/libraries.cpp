// SPDX-License-Identifier: BSD-3-Clause
#include "libraries.hpp"

#include <algorithm>
#include <iterator>
#include <string>
#include <string_view>
#include <variant>

#include <erlrc/term/text.hpp>

#include "applied_calls.hpp"

namespace erlrc {
namespace {

/// Whether the node has a library of the application in memory whose file is gone, and not the file itself.
bool has_replaced_library(const AppFiles& app, const NodeState& node) {
  const std::string dir = app.location.known_as.substr(0, app.location.known_as.rfind('/'));
  return std::ranges::any_of(*app.libraries, [&](const auto& library) {
    const std::string name = "/priv/" + library.first;
    return std::ranges::find(node.libraries, dir + name) == node.libraries.end() &&
           std::ranges::any_of(node.libraries, [&](const std::string& mapped) {
             return without_marks(mapped) != mapped && without_marks(mapped).ends_with(name);
           });
  });
}

/// Whether the new code of `caller` calls a function that only the new code of `called` exports.
bool calls_new(const AppFiles& from, const AppFiles& to, const Atom& caller, const Atom& called) {
  const auto before = from.beams.find(called);
  const auto after = to.beams.find(caller);
  if (after == to.beams.end()) return false;
  return std::ranges::any_of(after->second.imports, [&](const ImportedFunction& import) {
    const auto& [name, arity] = import.function;
    return import.module == called &&
           (before == from.beams.end() || !exports(before->second, name.name, arity));
  });
}

}  // namespace

std::vector<Atom> with_nifs(const AppFiles& files, const std::vector<Atom>& modules) {
  std::vector<Atom> found;
  std::ranges::copy_if(modules, std::back_inserter(found), [&](const Atom& module) {
    const auto beam = files.beams.find(module);
    return beam != files.beams.end() && beam->second.nif;
  });
  return found;
}

bool has_same_code(const AppFiles& from, const AppFiles& to, const Atom& module) {
  const auto before = from.beams.find(module);
  const auto after = to.beams.find(module);
  return before != from.beams.end() && after != to.beams.end() && before->second.md5 == after->second.md5;
}

std::optional<CheckLibraries> check_libraries(const AppFiles& from, const AppFiles& to,
                                              const std::vector<Atom>& loaded) {
  CheckLibraries check{to.location.read_from, {}, {}, {}};
  for (const auto& [module, beam] : to.beams) {
    const auto before = from.beams.find(module);
    if (!beam.nif || before == from.beams.end() || !before->second.nif) continue;
    if (std::ranges::find(loaded, module) == loaded.end())
      check.kept.push_back(module);
    else
      (has_same_code(from, to, module) ? check.again : check.changed).push_back(module);
  }
  if (!libraries_may_differ(from, to)) check.kept.clear();
  if (check.changed.empty() && check.again.empty() && check.kept.empty()) return std::nullopt;
  return check;
}

std::optional<CheckPorts> check_ports(const AppFiles& to) {
  static const ImportedFunction open_port{Atom{"erlang"}, {Atom{"open_port"}, 2}};
  const bool opens = std::ranges::any_of(to.beams, [](const auto& beam) {
    return std::ranges::find(beam.second.imports, open_port) != beam.second.imports.end();
  });
  return opens ? std::optional(CheckPorts{to.location.read_from}) : std::nullopt;
}

std::optional<Refusal> loses_nifs(const AppFiles& to, const std::vector<LowLevel>& script) {
  std::string lost;
  for (const LowLevel& instruction : script) {
    if (const auto* call = std::get_if<Apply>(&instruction); call != nullptr && !counterpart(*call))
      return std::nullopt;
    const auto* load = std::get_if<Load>(&instruction);
    const auto beam = load != nullptr ? to.beams.find(load->module) : to.beams.end();
    if (beam == to.beams.end() || !beam->second.nif || beam->second.on_load) continue;
    lost += (lost.empty() ? "" : ", ") + module_name(load->module.name);
  }
  if (lost.empty()) return std::nullopt;
  return Refusal{Refusal::Reason::loses_nifs,
                 "changed modules with NIFs and without on_load, which would lose them: " + lost};
}

bool is_needed_first(const AppFiles& from, const AppFiles& to, const Atom& module,
                     const std::vector<Atom>& group) {
  return std::ranges::any_of(group, [&](const Atom& other) { return calls_new(from, to, other, module); }) &&
         std::ranges::none_of(group, [&](const Atom& other) { return calls_new(from, to, module, other); });
}

bool has_other_libraries(const AppFiles* before, const AppFiles& to, const NodeState& node) {
  if (!to.libraries || to.libraries->empty()) return false;
  if (before != nullptr && before->libraries) return *before->libraries != *to.libraries;
  return has_replaced_library(to, node);
}

std::vector<Atom> look_for_files(const AppFiles& from, const AppFiles& to, const std::vector<Atom>& loaded) {
  static const ImportedFunction which{Atom{"code"}, {Atom{"which"}, 1}};
  std::vector<Atom> found;
  if (from.location.known_as == to.location.known_as) return found;
  for (const auto& [module, beam] : to.beams)
    if (std::ranges::find(beam.imports, which) != beam.imports.end() && has_same_code(from, to, module) &&
        !beam.nif && !beam.on_load && !(to.consolidated && to.consolidated->beams.contains(module)) &&
        std::ranges::find(loaded, module) == loaded.end())
      found.push_back(module);
  return found;
}

}  // namespace erlrc
