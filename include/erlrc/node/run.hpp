// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <optional>

#include <erlrc/node/rpc.hpp>
#include <erlrc/plan/outcome.hpp>

// Running a plan: it travels to the node as one message and runs there as one process, which undoes what it
// did if a step fails, whether or not we are still there to hear of it.

namespace erlrc {

/// Whether the node's runner, having done all steps, ends at once, or keeps what it needs for the undo until
/// `settle`.
enum class Hold { no, yes };

/// Runs `plan` on the node. With Hold::yes and an outcome `done`, `settle` must follow; if we vanish before
/// it, the node takes the plan back.
Outcome run(Rpc& rpc, const Plan& plan, Hold hold, Deadline until);

/// Keeps the connection of a held run alive (a node drops a peer that answers none of its ticks) until
/// `until`. An outcome if the node ended the run meanwhile, as it does when it waited too long for the
/// verdict.
std::optional<Outcome> stay_held(Rpc& rpc, const Plan& plan, Deadline until);

enum class Verdict { keep, take_back };

/// Ends a held run. The outcome is `held` for keep; for take_back `undone`, or `broken`.
Outcome settle(Rpc& rpc, const Outcome& held, Verdict verdict, Deadline until);

}  // namespace erlrc
