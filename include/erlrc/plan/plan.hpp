// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <functional>
#include <set>
#include <string>
#include <variant>
#include <vector>

#include <erlrc/app/app_files.hpp>
#include <erlrc/plan/node_state.hpp>
#include <erlrc/plan/refusal.hpp>
#include <erlrc/plan/request.hpp>
#include <erlrc/plan/step.hpp>
#include <erlrc/plan/word.hpp>
#include <erlrc/script/explain.hpp>

// The decision: from a request, the files and the state of a node to what has to happen there. Pure: no node,
// no disk, no clock.

namespace erlrc {

/// What is to be done on one node. Without steps there is nothing to do; `word` is the reason.
struct Plan {
  Word word = Word::already_running;       ///< the outcome if all steps succeed
  std::vector<Step> steps{};               ///< in order; done all or none
  std::vector<std::string> remarks{};      ///< what the user should know though nothing failed
  std::vector<std::string> notes{};        ///< how it was decided, for --verbose
  std::vector<ExplainedModule> modules{};  ///< what happens to each, if the request wants to know
  bool operator==(const Plan&) const = default;
};

/// Whether it has a step that does more than to look at programs at ports.
bool changes_something(const Plan& plan);

/// The modules that get other code, come or go.
std::set<Atom> changed_modules(const Plan& plan);

using Decision = std::variant<Plan, Refusal>;

/// Reads files when, and only when, a planner finds that it needs them: a start that finds everything running
/// reads nothing. Both are given the version that the request names; `all` has the beams and the appup,
/// `spec` only the .app. What they return stays for as long as there is planned with it.
struct Files {
  std::function<const AppFiles&(const Version&)> spec;
  std::function<const AppFiles&(const Version&)> all;
  std::function<bool(const Version&)> exist;  ///< whether the ebin directory of that version exists
};

/// Applications with a file in $ERLRC_ROOT/applications: those that should run.
using Desired = std::set<Atom>;

Decision plan_start(const Atom& app, const Version& version, const NodeState& node, const Files& files);
Decision plan_stop(const Atom& app, const Request::Stop& stop, const NodeState& node, const Desired& desired);
Decision plan_upgrade(const Atom& app, const Request::Change& change, const NodeState& node,
                      const Files& files, const Desired& desired);

/// The steps of `plan` that only look, and those that remark what it would do: to each module, if it has
/// them, and with the children of supervisors. None of them waits.
Plan explanation(const Plan& plan);

/// Calls the planner for `request`.
Decision plan(const Request& request, const NodeState& node, const Files& files, const Desired& desired);

}  // namespace erlrc
