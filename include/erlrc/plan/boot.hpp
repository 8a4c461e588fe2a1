// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <functional>
#include <map>
#include <string>
#include <variant>
#include <vector>

#include <erlrc/app/app_files.hpp>
#include <erlrc/plan/boot_problem.hpp>
#include <erlrc/plan/node_state.hpp>
#include <erlrc/plan/step.hpp>

// What a node starts when it boots: the applications that should run, after what they need, each once. Pure:
// no node, no disk.

namespace erlrc {

/// The applications listed in the administrator's directory.
struct DesiredBoot {
  std::map<Atom, Atom> types;         ///< each application that should run, and its start type
  std::vector<BootProblem> problems;  ///< of files there
  bool operator==(const DesiredBoot&) const = default;
};

/// The application as in the first directory of the code path that has it, with the administrator's
/// changes. `beams` is filled where modules are not loaded by being called: in embedded mode.
using FindApp = std::function<std::variant<AppFiles, BootProblem>(const Atom& app)>;

/// One application that is to be started, with those that it includes.
struct BootStart {
  Atom app;
  std::string vsn;
  Atom type;
  std::vector<Atom> needs;         ///< those of the same plan that must run before
  std::vector<Atom> included;      ///< what comes with it, directly or through others
  std::vector<std::string> ebins;  ///< where their modules are, of those that are not loaded yet
  std::vector<Step> steps;         ///< done all or none
  bool operator==(const BootStart&) const = default;
};

struct BootPlan {
  std::vector<BootStart> starts;      ///< each after those that it needs; else in the order of their names
  std::vector<BootProblem> problems;  ///< why others are not started
  bool operator==(const BootPlan&) const = default;
};

/// Plans the start of all applications in `desired`, and of all that those need. An included application is
/// not started by itself; the application that includes it is. Anything that depends on the included one then
/// depends on the including one, and is loaded with a specification that names it. What runs is left alone;
/// what is loaded keeps its specification. A problem keeps only those from being started that it concerns,
/// and those that need them.
BootPlan plan_boot(const DesiredBoot& desired, const NodeState& node, const FindApp& find);

/// The plan as erlrc_boot reads it: `#{starts => [..], problems => [{Reason, Text}]}`.
Term to_term(const BootPlan& plan);

}  // namespace erlrc
