// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <filesystem>
#include <map>
#include <string>
#include <variant>

#include <erlrc/plan/boot.hpp>

// The request of a node that boots, and the answer to it.

namespace erlrc {

/// The reason why nothing at all can be planned.
struct BootRefusal {
  Term reason;
  std::string text;
};

/// The desired applications of the administrator's directory `root`, or why it cannot be read.
std::variant<DesiredBoot, BootRefusal> load_desired_boot(const std::filesystem::path& root);

/// The directories that packages declare: of applications that are not in the code path of the node.
using DeclaredDirectories = std::map<Atom, std::string>;

/// Plans the boot of a node as below, for these applications instead of those listed in `root`, which is
/// still read for its changed .app files.
BootPlan plan_boot(const Term& request, const std::filesystem::path& root,
                   const DeclaredDirectories& declared, const DesiredBoot& desired);

/// Plans the boot of the node that describes itself in `request`: the answer of erlrc_observe, with
/// `applications` and `optional` (lists like `included`), `path` (the code path) and `mode` (of the code
/// server). `root` is the administrator's directory.
std::variant<BootPlan, BootRefusal> plan_boot(const Term& request, const std::filesystem::path& root,
                                              const DeclaredDirectories& declared);

/// The answer as it is sent to the node: `{plan, Plan}` or `{error, Reason, Text}`.
Term to_term(const std::variant<BootPlan, BootRefusal>& answer);

}  // namespace erlrc
