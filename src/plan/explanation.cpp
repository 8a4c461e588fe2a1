// SPDX-License-Identifier: BSD-3-Clause
#include <algorithm>
#include <iterator>
#include <utility>
#include <variant>
#include <vector>

#include <erlrc/plan/plan.hpp>

namespace erlrc {
namespace {

template <typename... Kinds>
bool is_one_of(const Step& step) {
  return (std::holds_alternative<Kinds>(step) || ...);
}

bool only_looks(const Step& step) {
  return is_one_of<RequireLoaded, ReadCode, BackUpCode, CheckLibraries, CheckPorts, CheckOldCode,
                   CheckStranded, CheckStates, NoteChildren, CheckStop>(step);
}

/// With the applications, and the processes, that an upgrade by `plan` looks at first.
ExplainModules explain_modules_of(const Plan& plan) {
  ExplainModules made;
  for (const Step& step : plan.steps)
    if (const auto* check = std::get_if<CheckStranded>(&step)) made = {check->apps, {}, check->awaits};
  for (const ExplainedModule& module : plan.modules)
    made.items.push_back({module.module, to_string(module.change) + ": " + module.what});
  return made;
}

}  // namespace

Plan explanation(const Plan& plan) {
  Plan looking{plan.word, {}, plan.remarks};
  // First, since a check may fail.
  ExplainModules explained = explain_modules_of(plan);
  if (!explained.items.empty()) looking.steps.push_back(std::move(explained));
  std::ranges::copy_if(plan.steps, std::back_inserter(looking.steps), only_looks);
  for (Step& step : looking.steps)
    if (auto* old = std::get_if<CheckOldCode>(&step)) old->policy.wait_ms = 0;
  if (std::ranges::any_of(looking.steps, is_one_of<NoteChildren>)) looking.steps.push_back(ForeseeChildren{});
  return looking;
}

}  // namespace erlrc
