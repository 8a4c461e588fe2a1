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
