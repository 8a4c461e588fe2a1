// SPDX-License-Identifier: BSD-3-Clause
#include <erlrc/plan/comparison.hpp>

#include <algorithm>
#include <set>

namespace erlrc {
namespace {

using Kind = Difference::Kind;
using Parts = std::vector<FixedPart>;

void compare_module(const RunningModule& module, const InstalledCode& installed, Comparison& result) {
  const auto differs = [&](Kind kind, const std::string& file) {
    result.differences.push_back({kind, module.name.name, file});
  };
  if (module.origin == RunningModule::Origin::made) return;
  const auto found = installed.found.find(module.name);
  const std::string& file = found == installed.found.end() ? module.file : found->second;
  const auto beam = installed.beams.find(file);
  if (beam == installed.beams.end()) return;
  ++result.modules;
  const auto own = installed.beams.find(module.file);
  const bool is_its_file = own != installed.beams.end() && own->second == module.md5;
  if (module.origin == RunningModule::Origin::cover_compiled) {
    differs(Kind::cover_compiled, file);
  } else if (!beam->second) {
    differs(Kind::no_file, file);
  } else if (*beam->second != module.md5) {
    differs(is_its_file ? Kind::shadowed : Kind::other_code, file);
  }
  if (module.old_code) differs(Kind::old_code, "");
}

/// Whether the file by whose name the library was loaded is the library itself.
bool is_in_its_file(const RunningLibrary& library, const InstalledCode& installed) {
  const auto file = installed.files.find(library.file);
  return file != installed.files.end() && file->second == library.parts;
}

/// Whether the library is one of those around the module's file, or without any, whether it is in its own
/// file. The name by which it was loaded may be that of another version, or of staged files.
bool is_installed_for(const Atom& module, const RunningLibrary& library, const InstalledCode& installed) {
  const auto around = installed.libraries.find(module);
  if (around == installed.libraries.end() || around->second.empty())
    return is_in_its_file(library, installed);
  return std::ranges::any_of(around->second, [&](const Parts& parts) { return parts == library.parts; });
}

/// Each module must have its functions from an installed library.
void compare_used(const RunningCode& running, const InstalledCode& installed, Comparison& result) {
  std::set<Atom> loaded;
  for (const RunningModule& module : running.modules)
    if (module.origin != RunningModule::Origin::made) loaded.insert(module.name);
  std::map<Atom, std::string> unmatched;
  std::set<Atom> matched;
  for (const RunningLibrary& library : running.libraries)
    for (const Atom& module : library.modules) {
      if (!loaded.contains(module) || !library.parts || library.replaced) continue;
      if (is_installed_for(module, library, installed)) {
        matched.insert(module);
      } else {
        unmatched[module] = library.file;
      }
    }
  for (const auto& [module, file] : unmatched)
    if (!matched.contains(module)) result.differences.push_back({Kind::other_library, module.name, file});
}

}  // namespace

Comparison compare(const RunningCode& running, const InstalledCode& installed) {
  Comparison result;
  for (const RunningModule& module : running.modules)
    compare_module(module, installed, result);
  // The node answers in no order.
  std::ranges::stable_sort(result.differences, {}, &Difference::what);
  compare_used(running, installed, result);
  for (const RunningLibrary& library : running.libraries) {
    if (!library.parts) continue;
    ++result.libraries;
    if (!library.modules.empty() || library.replaced) continue;
    if (!is_in_its_file(library, installed))
      result.differences.push_back({Kind::replaced_library, library.file, ""});
  }
  return result;
}

}  // namespace erlrc
