// SPDX-License-Identifier: BSD-3-Clause
#include <erlrc/script/state_changes.hpp>

#include <map>
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

const Shapes* shapes_of(const AppFiles& files, const Atom& module) {
  const auto beam = files.beams.find(module);
  return beam != files.beams.end() && beam->second.shapes ? &*beam->second.shapes : nullptr;
}

}  // namespace

std::vector<StateChange> state_changes(const AppFiles& from, const AppFiles& to,
                                       const std::vector<LowLevel>& script) {
  const std::map<Atom, Direction> converted = converted_modules(script);
  std::vector<StateChange> changes;
  for (const LowLevel& instruction : script) {
    const auto* load = std::get_if<Load>(&instruction);
    if (load == nullptr) continue;
    const Shapes* before = shapes_of(from, load->module);
    const Shapes* after = shapes_of(to, load->module);
    if (before == nullptr || after == nullptr) continue;
    Unfit unfit = unfit_shapes(*before, *after);
    if (unfit.empty()) continue;
    StateChange change{load->module, std::move(unfit)};
    // The later version's code_change knows both.
    if (const auto found = converted.find(load->module); found != converted.end()) {
      change.updated = true;
      change.passes_on = (found->second == Direction::up ? after : before)->passes_on;
    }
    changes.push_back(std::move(change));
  }
  return changes;
}

}  // namespace erlrc
