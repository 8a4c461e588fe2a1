// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <functional>
#include <string>
#include <utility>
#include <vector>

#include <erlrc/beam/beam.hpp>
#include <erlrc/plan/request.hpp>
#include <erlrc/script/instruction.hpp>
#include <erlrc/term/term.hpp>
#include <erlrc/term/text.hpp>

// What the steps of a plan make their terms and their texts from.

namespace erlrc::parts {

/// The arguments of a step, in the order in which the runner expects them.
template <typename... Args>
std::vector<Term> terms(Args&&... args) {
  std::vector<Term> made;
  made.reserve(sizeof...(args));
  (made.emplace_back(std::forward<Args>(args)), ...);
  return made;
}

/// The list of what `make` returns for each item.
template <typename Items, typename Make>
Term each(const Items& items, Make make) {
  std::vector<Term> made;
  made.reserve(items.size());
  for (const auto& item : items)
    made.push_back(std::invoke(make, item));
  return list(std::move(made));
}

/// `{name, Args..}`, or `name` if there are no arguments.
template <typename Kind>
Term step_term(const Kind& step) {
  std::vector<Term> elements = step.args();
  Atom name{std::string(Kind::name)};
  if (elements.empty()) return name;
  elements.insert(elements.begin(), std::move(name));
  return Tuple{std::move(elements)};
}

/// "m1, m2, m3"; of many only the first ones: "m1, .. and 492 more".
std::string names(const std::vector<Atom>& modules);

/// The same of items that have a module.
template <typename Item>
std::string modules(const std::vector<Item>& items) {
  std::vector<Atom> found;
  found.reserve(items.size());
  for (const Item& item : items)
    found.push_back(item.module);
  return names(found);
}

/// `{F, A}`
Term arity(const FunctionName& function);
Term limit(const TimeLimit& limit);
Term old_code(const Policy& policy);
/// `{M, F, [Arg]}`
Term mfa(const Apply& call);
/// "m:f(1,x)"
std::string call(const Apply& call);

}  // namespace erlrc::parts
