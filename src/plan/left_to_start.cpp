// SPDX-License-Identifier: BSD-3-Clause
#include "left_to_start.hpp"

#include <algorithm>
#include <optional>

#include <erlrc/base/text.hpp>
#include <erlrc/term/match.hpp>
#include <erlrc/term/text.hpp>

namespace erlrc {
namespace {

const std::string kWhen = " at the next start of the application only; an appup can have it called";

std::optional<CodeDigest> start_code(const AppFiles& files, const Atom& module) {
  const auto beam = files.beams.find(module);
  return beam == files.beams.end() ? std::nullopt : beam->second.start;
}

const std::vector<Term>* phases_of(const AppSpec& spec) {
  const auto* parts = as_tagged(spec.term, "application", 3);
  const Term* phases = parts != nullptr ? lookup(parts->back(), "start_phases") : nullptr;
  return phases != nullptr ? as_list(*phases) : nullptr;
}

/// The phases of `to` that `from` does not have.
std::vector<std::string> new_phases(const AppSpec& from, const AppSpec& to) {
  std::vector<std::string> phases;
  const auto* known = phases_of(from);
  const auto* all = phases_of(to);
  if (all == nullptr) return phases;
  for (const Term& phase : *all) {
    const auto* pair = as_tuple(phase, 2);
    if (pair != nullptr && (known == nullptr || std::ranges::find(*known, phase) == known->end()))
      phases.push_back(print_term(pair->front()));
  }
  return phases;
}

}  // namespace

std::vector<std::string> left_to_start(const AppFiles& from, const AppFiles& to) {
  std::vector<std::string> remarks;
  if (!to.spec.mod && from.spec.mod)
    remarks.push_back(
        "the application is no longer started by a module: its processes run until it is stopped");
  if (!to.spec.mod) return remarks;
  const Atom& module = to.spec.mod->module;
  const std::string start = module.name + ":start/2";
  if (from.spec.mod != to.spec.mod) {
    remarks.push_back(
        start + " is new as the start of the application, or has another argument: it is called" + kWhen);
  } else if (compare(start_code(from, module), start_code(to, module)) == CodeComparison::other) {
    remarks.push_back(start + " differs: it is called" + kWhen);
  }
  if (const auto phases = new_phases(from.spec, to.spec); !phases.empty())
    remarks.push_back("new start phases: " + join(phases, ", ") + ": they run" + kWhen);
  return remarks;
}

}  // namespace erlrc
