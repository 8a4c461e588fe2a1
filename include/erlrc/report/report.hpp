// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <string>
#include <vector>

#include <erlrc/base/text.hpp>
#include <erlrc/plan/outcome.hpp>
#include <erlrc/plan/request.hpp>

// The result of a request, as text for users or JSON for programs. Text keeps the words and lines that erlrc
// always printed; JSON is one record for each call.

namespace erlrc {

/// The part of a report that is not about a node.
struct ReportHead {
  std::string tool;  ///< the program, as messages begin with it: `erlrc-start`
  Request request;
  bool dry_run = false;  ///< the plans were made and not run
};

/// The lines for standard output and standard error.
struct ReportText {
  std::string out;
  std::string err;
  bool operator==(const ReportText&) const = default;
};

/// One line for each node: `erlrc-start: Starting 'APP': (NODE) WORD` on `out`, and for a node where it
/// failed `erlrc-start: NODE: [WORD: ]MESSAGE` on `err` (without a word if the node could not be asked).
/// Below it, indented by two spaces:
///
/// - `left: ..`: differences from before, on a broken node
/// - `remark: ..`
/// - `note: ..`: how the plan was decided; with `verbose` or in a dry run
/// - with `verbose`, the steps that were begun, each with its time, and how long processes were suspended
/// - in a dry run, the steps of the plan
ReportText render_text(const ReportHead& head, const std::vector<NodeReport>& reports, bool verbose);

/// The record, as one line of JSON:
///
///     {"tool": "erlrc-upgrade", "action": "upgrade", "app": "egerl", "from": "4.0.1", "to": "4.1.0",
///      "dry_run": false,
///      "nodes": [{"node": "n1", "outcome": "done", "word": "upgraded", "message": "",
///                 "left": [], "remarks": [], "notes": [],
///                 "steps": [{"step": "read_code", "description": "..", "us": 412}, ..],
///                 "suspended_us": 1210, "attempts": 1}],
///      "exit": 0}
///
/// `from` and `to` are null where the action has none. `outcome` and `word` are those of
/// plan/outcome.hpp; `word` is null where nothing was decided. `steps` is the whole plan in its order, `step`
/// the name the runner knows it by; after a rehearsal a node also has `rehearsal`, [{"module", "process",
/// "result": "works" | "fails" | "cannot", "why"}]; `us` is null for a step that was not begun. Text that is
/// not UTF-8 is made so.
std::string render_json(const ReportHead& head, const std::vector<NodeReport>& reports);

}  // namespace erlrc
