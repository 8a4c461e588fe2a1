// SPDX-License-Identifier: BSD-3-Clause
#include <erlrc/plan/plan.hpp>

namespace erlrc {

std::string to_string(Action action) {
  switch (action) {
    case Action::start:
      return "start";
    case Action::stop:
      return "stop";
    case Action::upgrade:
      return "upgrade";
    case Action::downgrade:
      return "downgrade";
  }
  return {};
}

Decision plan(const Request& request, const NodeState& node, const Files& files, const Desired& desired) {
  switch (request.action) {
    case Action::start:
      return plan_start(request, node, files);
    case Action::stop:
      return plan_stop(request, node, desired);
    case Action::upgrade:
    case Action::downgrade:
      return plan_upgrade(request, node, files, desired);
  }
  return {};
}

}  // namespace erlrc
