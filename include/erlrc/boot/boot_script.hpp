// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <filesystem>
#include <vector>

#include <erlrc/boot/boot_plan.hpp>
#include <erlrc/term/term.hpp>

// Boot files of OTP, made by its own systools from the plan of our planner, in a node that runs
// src/erlang/boot/erlrc_boot_script.erl.

namespace erlrc {

/// The boot files to make.
struct BootScript {
  std::filesystem::path name;  ///< of the files, without .rel, .script and .boot
  std::vector<Atom> extra;     ///< applications besides the desired ones
  /// The files start the desired applications themselves; else the application erlrc does.
  bool is_static = false;
  DeclaredDirectories declared{};  ///< see boot_plan.hpp
};

/// Writes NAME.rel, NAME.script and NAME.boot, each atomically. Throws Error with the reason; nothing is
/// written if the files cannot be made, but after an error of the disk some may be new and others old.
void make_boot_script(const BootScript& script);

}  // namespace erlrc
