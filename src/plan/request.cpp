// SPDX-License-Identifier: BSD-3-Clause
#include <erlrc/plan/request.hpp>

#include <utility>
#include <variant>

#include <erlrc/base/error.hpp>

namespace erlrc {

Action action_of(const Request& request) {
  return std::visit(Overload{[](const Request::Start&) { return Action::start; },
                             [](const Request::Stop&) { return Action::stop; },
                             [](const Request::Change& change) {
                               return change.direction == Direction::up ? Action::upgrade : Action::downgrade;
                             }},
                    request.what);
}

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

const Version* version_before(const Request& request) {
  return std::visit(Overload{[](const Request::Start&) -> const Version* { return nullptr; },
                             [](const Request::Stop& stop) { return &stop.version; },
                             [](const Request::Change& change) { return &change.from; }},
                    request.what);
}

const Version* version_after(const Request& request) {
  return std::visit(Overload{[](const Request::Start& start) { return &start.version; },
                             [](const Request::Stop&) -> const Version* { return nullptr; },
                             [](const Request::Change& change) { return &change.to; }},
                    request.what);
}

Version* version_before(Request& request) {
  return const_cast<Version*>(version_before(std::as_const(request)));
}

Version* version_after(Request& request) {
  return const_cast<Version*>(version_after(std::as_const(request)));
}

}  // namespace erlrc
