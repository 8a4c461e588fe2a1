// SPDX-License-Identifier: BSD-3-Clause
#include <erlrc/plan/plan.hpp>

#include <algorithm>
#include <variant>

#include <erlrc/base/error.hpp>

namespace erlrc {

bool changes_something(const Plan& plan) {
  return !std::ranges::all_of(plan.steps,
                              [](const Step& step) { return std::holds_alternative<CheckPorts>(step); });
}

std::set<Atom> changed_modules(const Plan& plan) {
  std::set<Atom> changed;
  for (const Step& step : plan.steps) {
    if (const auto* many = std::get_if<SwitchModules>(&step))
      changed.insert(many->modules.begin(), many->modules.end());
    if (const auto* one = std::get_if<LoadNew>(&step)) changed.insert(one->module);
    if (const auto* gone = std::get_if<RemoveModule>(&step)) changed.insert(gone->module);
  }
  return changed;
}

Decision plan(const Request& request, const NodeState& node, const Files& files, const Desired& desired) {
  return std::visit(
      Overload{
          [&](const Request::Start& start) { return plan_start(request.app, start.version, node, files); },
          [&](const Request::Stop& stop) { return plan_stop(request.app, stop, node, desired); },
          [&](const Request::Change& change) {
            return plan_upgrade(request.app, change, node, files, desired);
          }},
      request.what);
}

}  // namespace erlrc
