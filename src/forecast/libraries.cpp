// SPDX-License-Identifier: BSD-3-Clause
#include <algorithm>
#include <iterator>
#include <string>
#include <variant>
#include <vector>

#include <erlrc/base/text.hpp>
#include <erlrc/forecast/forecast.hpp>

namespace erlrc {
namespace {

/// Whether the library of that name is another one in the new version. What is unknown may be.
bool differs(const std::string& name, const AppFiles& from, const AppFiles& to) {
  if (!from.libraries || !to.libraries) return true;
  const auto before = from.libraries->find(name), after = to.libraries->find(name);
  return before == from.libraries->end() || after == to.libraries->end() || before->second != after->second;
}

/// Which of `modules` have one of these entries, for which `counts` holds.
template <typename Counts>
std::vector<Atom> those_with(const std::vector<NifEntry>& entries, const std::vector<Atom>& modules,
                             Counts counts) {
  std::vector<Atom> found;
  std::ranges::copy_if(modules, std::back_inserter(found), [&](const Atom& module) {
    return std::ranges::any_of(
        entries, [&](const NifEntry& entry) { return entry.module == module.name && counts(entry); });
  });
  return found;
}

}  // namespace

void check_libraries(Forecast& row, const Plan& plan, const NifLibraries& libraries, const AppFiles& from,
                     const AppFiles& to) {
  std::vector<NifEntry> all, other;
  for (const auto& [name, entries] : libraries) {
    std::ranges::copy(entries, std::back_inserter(all));
    if (differs(name, from, to)) std::ranges::copy(entries, std::back_inserter(other));
  }
  const auto cannot_take_over = [](const NifEntry& entry) { return !entry.takes_over; };
  // In the words of the node (erlrc_library.erl), which are not repeated then.
  for (const Step& step : plan.steps) {
    const auto* check = std::get_if<CheckLibraries>(&step);
    if (check == nullptr) continue;
    if (const auto changed = those_with(all, check->changed, cannot_take_over); !changed.empty()) {
      row.kind = Forecast::Kind::refused;
      row.why = "NIF libraries that do not support an upgrade while the one before is loaded: " +
                join(changed, ", ", &Atom::name);
      continue;
    }
    auto stay = those_with(other, check->again, cannot_take_over);
    std::ranges::copy(those_with(other, check->kept, [](const NifEntry&) { return true; }),
                      std::back_inserter(stay));
    if (!stay.empty())
      row.why +=
          std::string(row.why.empty() ? "" : "; ") +
          "NIF libraries that differ, and cannot be replaced while the node runs, so that a restart is "
          "due: " +
          join(stay, ", ", &Atom::name);
  }
}

}  // namespace erlrc
