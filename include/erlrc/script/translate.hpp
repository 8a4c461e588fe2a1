// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <vector>

#include <erlrc/app/app_spec.hpp>
#include <erlrc/script/instruction.hpp>

// Translates the instructions of an appup to those a node executes, like systools_rc:translate_scripts/4.

namespace erlrc {

/// The order in which the modules of a script are changed.
enum class Grouping {
  /// The order of systools_rc, for scripts written by authors: module by module, with modules that depend on
  /// one another as a group. If no dependency orders two modules of a group, they keep the order of the
  /// script, whereas systools_rc uses the order of a hash table.
  as_otp,
  /// One switch, for generated scripts, where only the author's hooks need an order. All processes are
  /// suspended, all modules loaded in a row (added ones first), all states converted, all processes resumed.
  /// The hooks are called before or after the switch, depending on their place among the instructions; the
  /// removals come last. A conversion must not call another process of the script, since that one is
  /// suspended, too. A script with instructions other than changes of modules, `apply` and `remove` is
  /// translated as_otp.
  together,
};

/// Translates `script`, the instructions for one application. `to` and `from` are the applications after and
/// before it (Appls and PreAppls of systools_rc: the application itself, and those named in add_application,
/// remove_application and restart_application). The result has exactly one PointOfNoReturn, after all
/// LoadObjectCode. Throws Error for everything that systools_rc refuses: a module that is not in the
/// application, two instructions for one module, a dependency without instruction, an unknown application,
/// two versions of one application, a point_of_no_return in a wrong place, a load without its object code, a
/// suspend or stop without its resume or start and the reverse. A cycle of dependencies is not an error.
std::vector<LowLevel> translate(const std::vector<Instruction>& script, Direction direction,
                                const std::vector<AppSpec>& to, const std::vector<AppSpec>& from,
                                Grouping grouping = Grouping::as_otp);

}  // namespace erlrc
