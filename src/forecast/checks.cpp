// SPDX-License-Identifier: BSD-3-Clause
#include "checks.hpp"

#include <algorithm>
#include <iterator>
#include <string>
#include <variant>

#include <erlrc/node/run.hpp>

namespace erlrc {
namespace {

bool is_check(const Step& step) {
  return std::holds_alternative<RequireLoaded>(step) || std::holds_alternative<BackUpCode>(step) ||
         std::holds_alternative<CheckLibraries>(step) || std::holds_alternative<CheckPorts>(step) ||
         std::holds_alternative<CheckOldCode>(step) || std::holds_alternative<CheckStranded>(step) ||
         std::holds_alternative<CheckStates>(step);
}

/// Which modules an application has is to be known to the checks of the others, since modules may move.
bool names_modules(const Step& step) {
  return std::holds_alternative<ChangeApp>(step);
}

/// Runs the checks of these rows out of `all`, in one call; whether all of them hold.
bool hold(Rpc& rpc, const std::vector<Planned*>& rows, const std::vector<Planned*>& all, Deadline until,
          Outcome& outcome) {
  Plan checks, whole;
  for (const Planned* one : rows) {
    std::ranges::copy(one->checks, std::back_inserter(checks.steps));
    std::ranges::copy(one->whole, std::back_inserter(whole.steps));
  }
  for (const Planned* one : all)
    if (std::ranges::find(rows, one) == rows.end())
      std::ranges::copy_if(one->whole, std::back_inserter(whole.steps), names_modules);
  if (checks.steps.empty()) return true;
  outcome = look(rpc, checks, whole, until);
  return outcome.is_done();
}

void add_reason(Forecast& row, const std::vector<std::string>& remarks) {
  for (const std::string& remark : remarks)
    if (row.why.find(remark) == std::string::npos) row.why += (row.why.empty() ? "" : "; ") + remark;
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

void run_checks(AskedNode& visit, Deadline until) {
  std::vector<Planned*> all;
  for (Planned& one : visit.planned)
    if (!one.checks.empty()) all.push_back(&one);
  Outcome outcome;
  if (hold(*visit.rpc, all, all, until, outcome) && outcome.remarks.empty()) return;
  for (Planned* one : all) {
    if (!hold(*visit.rpc, {one}, all, until, outcome)) {
      one->row.kind = Forecast::Kind::refused;
      one->row.why = outcome.why();
    } else {
      add_reason(one->row, outcome.remarks);
    }
  }
}

}  // namespace erlrc
