// SPDX-License-Identifier: BSD-3-Clause
#include <erlrc/site/start_rule.hpp>

#include <algorithm>

#include <erlrc/app/app_spec.hpp>
#include <erlrc/base/error.hpp>
#include <erlrc/base/text.hpp>

namespace erlrc {

StartRule parse_start_rule(std::string_view text, const std::string& where) {
  using Kind = StartRule::Kind;
  std::string blanks(text);
  std::ranges::replace(blanks, ',', ' ');
  const auto names = words(blanks);
  if (names.size() == 1 && names.front() == "all") return {Kind::all, {}};
  if (names.size() == 1 && names.front() == "running") return {Kind::running, {}};
  StartRule rule{Kind::only, {}};
  if (names.size() == 1 && names.front() == "none") return rule;
  if (names.empty() || !std::ranges::all_of(names, is_application_name))
    throw UsageError(where + ": expected all, running, none, or the names of applications");
  for (const std::string_view name : names)
    rule.apps.insert(Atom{std::string(name)});
  return rule;
}

std::string to_string(const StartRule& rule) {
  switch (rule.kind) {
    case StartRule::Kind::all:
      return "all";
    case StartRule::Kind::running:
      return "running";
    case StartRule::Kind::only:
      return rule.apps.empty() ? "none" : join(rule.apps, " ", &Atom::name);
  }
  return {};
}

}  // namespace erlrc
