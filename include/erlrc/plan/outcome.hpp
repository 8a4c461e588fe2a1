// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include <erlrc/plan/plan.hpp>

// How it went on one node.

namespace erlrc {

/// What became of the conversion of one process's state in a rehearsal.
struct Rehearsed {
  enum class Result {
    works,
    fails,
    cannot,  ///< cannot be rehearsed: it needs what only the running node has
  };
  Atom module;          ///< whose code_change it is
  std::string process;  ///< as a person knows it
  Result result = Result::works;
  std::string why;  ///< empty if it works
  bool operator==(const Rehearsed&) const = default;
};

struct Outcome {
  enum class Kind {
    done,     ///< as asked; also: nothing to do, the node is down
    refused,  ///< nothing was touched: the planner or a check before the point of no return said no
    undone,   ///< a step failed; the node is as before
    broken,   ///< a step failed, and something could not be put back: `left` names it
    error,    ///< the node could not be asked: wrong cookie, no answer, a broken file
  };
  Kind kind = Kind::done;
  std::string word;     ///< done: the plan's word or node_down; else refused, needs_restart, undone, ..
  std::string message;  ///< why not; empty when done
  std::vector<std::string> left;     ///< broken: what differs from before
  std::vector<std::string> remarks;  ///< what the user should know though it is done
  struct StepTime {
    std::size_t step = 0;  ///< index into the plan's steps
    std::int64_t microseconds = 0;
    bool operator==(const StepTime&) const = default;
  };
  std::vector<StepTime> times;    ///< the steps that were begun, in order, the failed one last
  std::int64_t suspended_us = 0;  ///< from the first suspend to the last resume; 0 if nothing was suspended
  std::optional<std::vector<Rehearsed>> rehearsal{};  ///< if that was asked for
  bool busy = false;    ///< refused because another run is at work on the node, which will end
  bool silent = false;  ///< error, and nothing is known of the node
  bool operator==(const Outcome&) const = default;
};

struct NodeReport {
  std::string node;  ///< as in the registry: the file's name
  Outcome outcome;
  Plan plan;  ///< what was, or with --dry-run would be, done
  bool operator==(const NodeReport&) const = default;
};

/// What all nodes together come to: 0 done, 1 refused, undone or error, 3 broken. The worst decides.
int exit_code(const std::vector<NodeReport>& reports);

}  // namespace erlrc
