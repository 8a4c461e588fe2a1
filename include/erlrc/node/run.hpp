// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <optional>
#include <string>

#include <erlrc/node/rpc.hpp>
#include <erlrc/plan/later_conversions.hpp>
#include <erlrc/plan/outcome.hpp>

// Running a plan: it travels to the node as one message and runs there as one process, which rolls back what
// it did if a step fails, whether or not we are still there to hear of it.

namespace erlrc {

/// When the node commits a plan whose steps are all done: at once, or when `conclude` sends the verdict.
/// Until then it is prepared: it keeps what it needs for the rollback.
enum class Commit { at_once, on_verdict };

/// Runs `plan` on the node. With Commit::on_verdict and an outcome Done, the node is prepared and
/// `conclude` must follow; if we vanish before it, the node commits if there is a file
/// `commit_record` on its host by then, and is rolled back otherwise. Other plans of the same upgrade set
/// convert `later`.
Outcome run(Rpc& rpc, const Plan& plan, Commit commit, Deadline until, const std::string& commit_record = {},
            const LaterConversions& later = {});

/// Runs the steps of `looking` on the node, which change nothing; some depend on what is to come in `whole`.
Outcome look(Rpc& rpc, const Plan& looking, const Plan& whole, Deadline until);

/// Runs the explanation of `plan` on the node, which changes nothing there. If `plan` would be refused, the
/// outcome is that.
Outcome explain(Rpc& rpc, const Plan& plan, Deadline until);

/// Keeps the connection to a prepared node alive (a node drops a peer that answers none of its ticks) until
/// `until`. Returns an outcome if the node ended the run meanwhile, as it does when it has waited too long
/// for the verdict.
std::optional<Outcome> stay_prepared(Rpc& rpc, const Plan& plan, Deadline until);

enum class Verdict { commit, roll_back };

/// Ends a prepared run. `prepared` is what `run` returned; it is the result of commit; for roll_back
/// RolledBack or Broken.
Outcome conclude(Rpc& rpc, const Outcome& prepared, Verdict verdict, Deadline until);

}  // namespace erlrc
