// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <vector>

#include <erlrc/app/app_spec.hpp>
#include <erlrc/script/instruction.hpp>

// From the instructions of an appup to those a node evaluates: what systools_rc:translate_scripts/4 does.

namespace erlrc {

/// In which order the modules of a script are exchanged.
enum class Grouping {
  as_otp,  ///< the order of systools_rc: module by module, dependent ones together. For scripts that authors
           ///< wrote.
  together,  ///< one group: all processes suspended, all modules loaded, all states converted, all resumed;
             ///< then the applies and removals in their order. For scripts that were made, where nothing asks
             ///< for an order.
};

/// Translates `script`, the instructions for one application. `to` and `from` are the applications after and
/// before it (systools_rc's Appls and PreAppls; the application itself, and those that add_application,
/// remove_application and restart_application name). Throws Error for what systools_rc refuses: a module that
/// is not in the application, two instructions for one module, a circular or unknown dependency, a
/// point_of_no_return in a wrong place.
std::vector<LowLevel> translate(const std::vector<Instruction>& script, Direction direction,
                                const std::vector<AppSpec>& to, const std::vector<AppSpec>& from,
                                Grouping grouping = Grouping::as_otp);

}  // namespace erlrc
