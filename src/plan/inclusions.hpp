// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include <erlrc/plan/plan.hpp>

// The applications that one version of an application includes and the other does not: a node must not run an
// application twice, on its own and in the tree of one that includes it, nor in two trees.

namespace erlrc {

class Inclusions {
public:
  /// Keeps references to its arguments.
  Inclusions(const AppFiles& from, const AppFiles& to, const NodeState& node, const Desired& desired);

  /// Refuses if an application that only the new version includes is also included by another running one.
  std::optional<Refusal> twice() const;

  /// Before the change: stops the newly included applications that run on their own.
  std::vector<Step> enter() const;

  /// After it: starts the applications that are no longer included, where they should run.
  std::vector<Step> leave() const;

  /// Remarks on those whose processes lose what they know by that.
  std::vector<std::string> losses() const;

private:
  std::vector<Atom> started_alone() const;
  std::map<Atom, Atom> included_elsewhere() const;

  const Atom& app_;
  const std::vector<Atom>& direct_;
  const NodeState& node_;
  const Desired& desired_;
  std::vector<Atom> before_;  ///< what the old version includes, and what those include
  std::vector<Atom> after_;
  std::set<Atom> in_before_;
  std::set<Atom> in_after_;
  std::map<Atom, Atom> elsewhere_;  ///< an application -> the one of another tree that includes it
};

}  // namespace erlrc
