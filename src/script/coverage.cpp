// SPDX-License-Identifier: BSD-3-Clause
#include <erlrc/script/coverage.hpp>

#include <variant>

namespace erlrc {
namespace {

std::set<Atom> differing_modules(const AppFiles& from, const AppFiles& to) {
  std::set<Atom> differing;
  for (const auto& [module, beam] : from.beams) {
    const auto other = to.beams.find(module);
    if (other == to.beams.end() || other->second.md5 != beam.md5) differing.insert(module);
  }
  for (const auto& [module, beam] : to.beams)
    if (!from.beams.contains(module)) differing.insert(module);
  return differing;
}

}  // namespace

std::set<Atom> uncovered_modules(const AppFiles& from, const AppFiles& to,
                                 const std::vector<LowLevel>& script) {
  std::set<Atom> modules = differing_modules(from, to);
  for (const LowLevel& instruction : script) {
    if (const auto* load = std::get_if<Load>(&instruction)) modules.erase(load->module);
    if (const auto* remove = std::get_if<Remove>(&instruction)) modules.erase(remove->module);
    if (std::holds_alternative<RestartNewEmulator>(instruction) ||
        std::holds_alternative<RestartEmulator>(instruction))
      modules.clear();
  }
  return modules;
}

}  // namespace erlrc
