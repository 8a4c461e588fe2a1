// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <erlrc/node/run.hpp>
#include <erlrc/plan/plan.hpp>
#include <erlrc/plan/request.hpp>

#include "lab.hpp"

// Runs plans on a lab's node with injected failures: a step of the plan that fails, or one of the runner's
// own functions at its Nth call (tests/live/lab/lab_inject.erl).

namespace erlrc::test {

/// A request for an application of the lab, with its directories.
Request request_for(const Lab& lab, Action action, const std::string& app, const std::string& from,
                    const std::string& to);

/// The decision of the planner for the current state of the lab's first node, as in the programs.
Decision planned(Lab& lab, const Request& request);

/// A failure at one call of the runner's own functions.
struct Injection {
  std::string kind;      ///< a kind of tests/live/lab/lab_inject.erl
  std::size_t call = 0;  ///< which call of that kind fails, from 1 on
};

/// The beginning of a text, for a message of Catch2. The reason of a program that crashed contains the whole
/// program, 100 kB, and Catch2 takes minutes to break that into lines.
std::string shortened(const std::string& text);

/// Runs plans on the lab's first node, all over one connection. Errors that it throws are shortened.
class InjectedRuns {
public:
  explicit InjectedRuns(Lab& lab);

  struct Result {
    Outcome outcome;
    std::size_t struck = 0;  ///< how many injections took effect
  };
  Outcome run(const Plan& plan);
  /// Rolls the plan back even if all its steps succeed, as is done when another node fails.
  Result run_and_roll_back(const Plan& plan, const Injection& in_steps,
                           const std::optional<Injection>& in_rollback = {});

private:
  Lab& lab_;
  std::unique_ptr<Rpc> rpc_;
};

/// `plan` with a call that fails before the step of that index, or after the last step.
Plan failing_before(Plan plan, std::size_t index);

}  // namespace erlrc::test
