// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <string>
#include <vector>

#include <erlrc/app/app_files.hpp>
#include <erlrc/plan/plan.hpp>
#include <erlrc/script/instruction.hpp>

// The low-level instructions of an upgrade (appup(4)) as steps of a plan.

namespace erlrc {

/// The script of an upgrade.
struct Script {
  std::vector<LowLevel> instructions;
  bool made = false;  ///< by us, because the package ships none for these versions
  std::string origin;
  std::vector<std::string> remarks;
};

struct ScriptSteps {
  std::vector<Step> before;        ///< they look and make ready, and change nothing
  std::vector<Step> change;        ///< the instructions, and checks of their result
  std::vector<Step> last;          ///< nothing can undo them
  std::vector<std::string> notes;  ///< for --verbose
};

/// The steps that execute `script`: one to one as far as possible, except for what rollback and speed
/// require; with Policy::Engine::otp one step that has release_handler execute it.
ScriptSteps script_steps(const Script& script, const AppFiles& from, const AppFiles& to,
                         const NodeState& node, const Policy& policy);

}  // namespace erlrc
