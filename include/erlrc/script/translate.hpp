// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <vector>

#include <erlrc/app/app_spec.hpp>
#include <erlrc/script/instruction.hpp>

// From the instructions of an appup to those a node evaluates: what systools_rc:translate_scripts/4 does.

namespace erlrc {

/// In which order the modules of a script are exchanged.
enum class Grouping {
  /// The order of systools_rc: module by module, those that depend on one another together. For scripts that
  /// authors wrote. Modules of such a group between which no dependency decides keep the order of the script,
  /// where systools_rc takes them as they come from a hash table.
  as_otp,
  /// One switch: all processes suspended, all modules loaded in a row (added ones first), all states
  /// converted, all resumed; the calls of the author's hooks before it or behind it, as their side of the
  /// instructions demands; the removals last. For scripts that were made, where only the hooks ask for an
  /// order. A conversion must not call another process of the script: that one is suspended too. A script
  /// with anything else in it than changes of modules, `apply` and `remove` is translated as_otp.
  together,
};

/// Translates `script`, the instructions for one application. `to` and `from` are the applications after and
/// before it (systools_rc's Appls and PreAppls: the application itself, and those that add_application,
/// remove_application and restart_application name). The result has exactly one PointOfNoReturn, behind all
/// LoadObjectCode. Throws Error for what systools_rc refuses: a module that is not in the application, two
/// instructions for one module, a dependency without instruction, an unknown application, two versions of one
/// application, a point_of_no_return in a wrong place, a load without its object code, a suspend or stop
/// without its resume or start and the reverse. A cycle of dependencies is no error.
std::vector<LowLevel> translate(const std::vector<Instruction>& script, Direction direction,
                                const std::vector<AppSpec>& to, const std::vector<AppSpec>& from,
                                Grouping grouping = Grouping::as_otp);

}  // namespace erlrc
