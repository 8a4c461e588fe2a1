// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include <erlrc/plan/plan.hpp>
#include <erlrc/plan/refusal.hpp>
#include <erlrc/plan/word.hpp>

// The result of a request on one node.

namespace erlrc {

/// The rehearsed conversion of one process's state.
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

/// As asked; also: there is nothing to do, or the node is down.
struct Done {
  Word word = Word::already_running;
  bool operator==(const Done&) const = default;
};

/// A step failed, on this node or on another one, after something had changed; the node is as before. If
/// nothing had changed yet, it is a Refusal.
struct RolledBack {
  std::string why;
  bool operator==(const RolledBack&) const = default;
};

/// A step failed, and something could not be restored, or it is unknown whether it was.
struct Broken {
  std::string why;
  std::vector<std::string> left;  ///< what differs from before
  bool operator==(const Broken&) const = default;
};

/// No result is known: wrong cookie, no answer, a broken file; or the connection was lost before the verdict,
/// after which the node rolls back by itself.
struct Undecided {
  std::string why;
  bool silent = false;  ///< nothing is known of the node
  bool operator==(const Undecided&) const = default;
};

struct Outcome {
  struct StepTime {
    std::size_t step = 0;  ///< index into the plan's steps
    std::int64_t microseconds = 0;
    bool operator==(const StepTime&) const = default;
  };

  std::variant<Done, Refusal, RolledBack, Broken, Undecided> result;
  std::vector<std::string> remarks{};  ///< what the user should know besides
  std::vector<StepTime> times{};       ///< the steps that were begun, in order, the failed one last
  std::int64_t suspended_us = 0;       ///< the longest that processes were; 0: nothing was suspended
  std::int64_t attempts = 0;           ///< to suspend all of them: more than one if some were busy
  std::optional<std::vector<Rehearsed>> rehearsal{};  ///< if that was asked for
  bool operator==(const Outcome&) const = default;

  static Outcome done(Word word, std::vector<std::string> remarks = {});
  static Outcome refused(Refusal refusal);
  static Outcome rolled_back(std::string why);
  static Outcome broken(std::string why, std::vector<std::string> left);
  static Outcome undecided(std::string why, bool silent = false);

  bool is_done() const { return std::holds_alternative<Done>(result); }
  bool is_rolled_back() const { return std::holds_alternative<RolledBack>(result); }
  bool is_broken() const { return std::holds_alternative<Broken>(result); }
  /// Done, with that word.
  bool is(Word word) const;
  /// Refused, for that reason.
  bool is(Refusal::Reason reason) const;
  /// Nothing is known of the node.
  bool is_silent() const;

  /// Why it is not done; empty if it is.
  const std::string& why() const;
  /// What differs from before; empty unless it is broken.
  const std::vector<std::string>& left() const;
};

/// `done`, `refused`, `rolled_back`, `broken` or `error`.
std::string_view kind_of(const Outcome& outcome);

/// `started`, `needs_restart`, `rolled_back`, ..; empty if nothing was decided.
std::string_view word_of(const Outcome& outcome);

struct NodeReport {
  std::string node;  ///< as in the registry: the file's name
  Outcome outcome;
  Plan plan;              ///< what was, or with --dry-run would be, done
  std::string renamed{};  ///< one line, if the entry names another host than the node (answers_as)
  bool left = false;      ///< the request failed there, and was given up (ExecuteOptions::may_leave)
  bool operator==(const NodeReport&) const = default;
};

/// What all nodes together come to: 0 done; 1 refused, rolled back or undecided; 3 broken. The worst decides.
int exit_code(const std::vector<NodeReport>& reports);

}  // namespace erlrc
