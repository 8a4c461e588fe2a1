// SPDX-License-Identifier: BSD-3-Clause
#include <algorithm>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <variant>
#include <vector>

#include <erlrc/base/error.hpp>
#include <erlrc/base/text.hpp>
#include <erlrc/forecast/forecast.hpp>

// From the decision of a planner to a row of the table, and its consequences for other rows.

namespace erlrc {
namespace {

using Kind = Forecast::Kind;

bool stops(const Plan& plan, const Atom& app) {
  return std::ranges::find(plan.steps, Step{StopApp{app}}) != plan.steps.end();
}

bool converts(const Plan& plan) {
  return std::ranges::any_of(plan.steps,
                             [](const Step& step) { return std::holds_alternative<ChangeApp>(step); });
}

Kind kind_of(const Request& request, const Plan& plan) {
  return std::visit(Overload{[](const Request::Start&) { return Kind::start; },
                             [](const Request::Stop&) { return Kind::stop; },
                             [&](const Request::Change&) {
                               if (!converts(plan)) return Kind::start;  // it is not running
                               return stops(plan, request.app) ? Kind::restart : Kind::hot;
                             }},
                    request.what);
}

}  // namespace

bool fails(const Forecast& forecast) {
  return forecast.kind == Kind::refused || forecast.kind == Kind::needs_restart;
}

Forecast row_about(const Request& request) {
  Forecast row;
  row.app = request.app.name;
  if (const Version* version = version_before(request)) row.old_vsn = version->vsn;
  if (const Version* version = version_after(request)) row.new_vsn = version->vsn;
  return row;
}

std::optional<Forecast> row_of(const Request& request, const Decision& decision) {
  Forecast row = row_about(request);
  if (const auto* refusal = std::get_if<Refusal>(&decision)) {
    row.kind = refusal->needs_restart() ? Kind::needs_restart : Kind::refused;
    row.waits = refusal->is_stale() && !refusal->needs_restart();
    if (row.waits) row.kind = Kind::skipped;  // the hooks report that a restart is due
    row.why = refusal->why;
    return row;
  }
  const Plan& plan = std::get<Plan>(decision);
  if (!changes_something(plan)) return std::nullopt;
  row.kind = kind_of(request, plan);
  const std::set<Atom> changed = changed_modules(plan);
  row.modules.assign(changed.begin(), changed.end());
  row.why = join(plan.remarks, "; ");
  return row;
}

void refuse_dependents(std::vector<Forecast>& rows, const std::vector<Needs>& needs) {
  const auto failed_need = [&](const Forecast& row) -> const Forecast* {
    for (const Needs& one : needs) {
      if (one.app != row.app) continue;
      for (const Forecast& other : rows)
        if (fails(other) && std::ranges::find(one.apps, Atom{other.app}) != one.apps.end()) return &other;
    }
    return nullptr;
  };
  for (bool changed = true; changed;) {
    changed = false;
    for (Forecast& row : rows) {
      if (fails(row) || row.kind == Kind::stop) continue;
      const Forecast* other = failed_need(row);
      if (other == nullptr) continue;
      row.kind = Kind::refused;
      row.why = "needs " + other->app +
                (other->old_vsn.empty() ? ", which will not run" : ", which stays at " + other->old_vsn);
      changed = true;
    }
  }
}

void leave_refused(std::vector<Forecast>& rows, const Settings& settings) {
  std::map<std::string, std::string> left;
  for (const Forecast& row : rows) {
    const OnRefusal what = settings.on_refusal_of(row.node, row.package);
    if (fails(row) && what != OnRefusal::refuse)
      left.emplace(row.node, (what == OnRefusal::leave ? "the node waits for its restart: "
                                                       : "the node is restarted: ") +
                                 row.app + ": " + row.why);
  }
  for (Forecast& row : rows) {
    const auto why = left.find(row.node);
    if (why == left.end() || row.kind == Forecast::Kind::stop) continue;
    row.kind = Forecast::Kind::skipped;
    row.modules.clear();
    row.why = why->second;
  }
}

}  // namespace erlrc
