// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <map>
#include <set>
#include <vector>

#include <erlrc/app/app_files.hpp>
#include <erlrc/plan/plan.hpp>
#include <erlrc/script/instruction.hpp>

// The low-level instructions of a script, one after the other.

namespace erlrc {

/// The applications whose supervision trees have the processes of `app`.
std::vector<Atom> trees_of(const Atom& app, const NodeState& node);

/// The two versions, and what follows from them for the node.
struct Versions {
  const AppFiles& from;
  const AppFiles& to;
  const NodeState& node;
  ChangeApp change{to.spec.name, from.spec.term, to.spec.term};
  std::vector<Atom> trees = trees_of(to.spec.name, node);
};

/// The steps of a script, and what the steps before and after them depend on.
struct InstructionSteps {
  std::vector<Step> steps;
  std::vector<Atom> loaded;
  std::vector<Atom> removed;
  std::vector<Atom> stopped;
  std::vector<std::vector<Atom>> switched;  ///< groups that switch at once
  std::set<Atom> checked;                   ///< modules whose old code no process may run
  std::set<Atom> purged;                    ///< others, whose old code is purged even if processes run it
  std::set<Atom> converted;                 ///< modules whose processes are suspended
  std::map<Atom, bool> code_changed;        ///< and whether the script calls something before
  std::map<Atom, Purge> purges;

  /// The modules whose present code is purged at the end even if processes run it.
  std::vector<Atom> killing() const {
    std::vector<Atom> modules;
    for (const auto& [module, how] : purges)
      if (how == Purge::brutal) modules.push_back(module);
    return modules;
  }
};

InstructionSteps instruction_steps(const Versions& versions, const std::vector<LowLevel>& script,
                                   const Policy& policy);

}  // namespace erlrc
