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

/// The Nth call, from 1 on, of a kind that `lab_inject` tells.
struct Injection {
  std::string kind;
  std::size_t call = 0;
};

/// Runs plans on the lab's first node, all over one connection.
class InjectedRuns {
public:
  explicit InjectedRuns(Lab& lab);

  struct Result {
    Outcome outcome;
    std::size_t struck = 0;  ///< how many injections came to pass
  };
  Outcome run(const Plan& plan);
  /// If the plan comes to its end, it is taken back, as is done when another node has failed.
  Result run_and_roll_back(const Plan& plan, const Injection& in_steps,
                           const std::optional<Injection>& in_undo = {});

private:
  Lab& lab_;
  std::unique_ptr<Rpc> rpc_;
};

/// `plan` with a call that fails before the step of that index, or behind the last one.
Plan failing_before(Plan plan, std::size_t index);

}  // namespace erlrc::test
