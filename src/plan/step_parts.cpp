// SPDX-License-Identifier: BSD-3-Clause
#include <erlrc/plan/step_parts.hpp>

#include <cstdint>

namespace erlrc::parts {
namespace {

constexpr std::size_t names_shown = 8;

}  // namespace

std::string names(const std::vector<Atom>& modules) {
  std::string text;
  std::size_t shown = 0;
  for (const Atom& module : modules) {
    if (shown == names_shown && modules.size() > names_shown + 1)
      return text + " and " + std::to_string(modules.size() - shown) + " more";
    if (shown++ > 0) text += ", ";
    text += module_name(module.name);
  }
  return text.empty() ? "nothing" : text;
}

Term arity(const FunctionName& function) {
  return tuple(function.name, std::int64_t{function.arity});
}

Term limit(const TimeLimit& limit) {
  switch (limit.kind) {
    case TimeLimit::Kind::standard:
      return Atom{"standard"};
    case TimeLimit::Kind::infinity:
      return Atom{"infinity"};
    case TimeLimit::Kind::finite:
      return limit.milliseconds;
  }
  return {};
}

Term old_code(const Policy& policy) {
  switch (policy.old_code) {
    case Policy::OldCode::refuse:
      return Atom{"refuse"};
    case Policy::OldCode::wait:
      return tuple(Atom{"wait"}, policy.wait_ms);
    case Policy::OldCode::kill:
      return tuple(Atom{"kill"}, policy.wait_ms);
  }
  return {};
}

Term mfa(const Apply& call) {
  return tuple(call.module, call.function, list(call.args));
}

std::string call(const Apply& call) {
  std::string args = print_term(list(call.args));
  return module_name(call.module.name) + ":" + print_atom(call.function.name) + "(" +
         args.substr(1, args.size() - 2) + ")";
}

}  // namespace erlrc::parts
