// SPDX-License-Identifier: BSD-3-Clause
#include "checks.hpp"

#include <algorithm>
#include <iterator>
#include <variant>

namespace erlrc {
namespace {

bool is_check(const Step& step) {
  return std::holds_alternative<RequireLoaded>(step) || std::holds_alternative<BackUpCode>(step) ||
         std::holds_alternative<CheckLibraries>(step) || std::holds_alternative<CheckPorts>(step) ||
         std::holds_alternative<CheckOldCode>(step) || std::holds_alternative<CheckStranded>(step) ||
         std::holds_alternative<CheckStates>(step);
}

}  // namespace

std::vector<Step> checks_of(const Plan& plan) {
  std::vector<Step> checks;
  std::ranges::copy_if(plan.steps, std::back_inserter(checks), is_check);
  for (Step& step : checks)
    if (auto* old = std::get_if<CheckOldCode>(&step); old && old->policy.old_code == Policy::OldCode::kill)
      old->policy.wait_ms = 0;
  return checks;
}

}  // namespace erlrc
