// SPDX-License-Identifier: BSD-3-Clause
#include "applied_calls.hpp"

#include <variant>

namespace erlrc {

const Atom* named_app(const Apply& call, std::string_view function) {
  if (call.module.name != "application" || call.function.name != function || call.args.empty())
    return nullptr;
  return std::get_if<Atom>(&call.args.front().value);
}

Atom start_type(const Apply& call) {
  const Atom* type = call.args.size() > 1 ? std::get_if<Atom>(&call.args[1].value) : nullptr;
  return type != nullptr ? *type : Atom{"temporary"};
}

std::optional<Apply> counterpart(const Apply& call) {
  Apply undo = call;
  if (call.function.name == "sup_upgrade_notify") {
    undo.function = Atom{"sup_downgrade_notify"};
    return undo;
  }
  if (call.function.name == "sup_downgrade_notify") {
    undo.function = Atom{"sup_upgrade_notify"};
    return undo;
  }
  return std::nullopt;
}

}  // namespace erlrc
