// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <filesystem>
#include <vector>

#include <erlrc/term/term.hpp>

// Boot files of OTP, made by its own systools from the plan of our planner, in a node that runs
// src/erlang/boot/erlrc_boot_script.erl.

namespace erlrc {

/// The boot files to make.
struct BootScript {
  std::filesystem::path name;  ///< of the files, without .rel, .script and .boot
  std::vector<Atom> extra;     ///< applications besides the desired ones
  bool is_static = false;      ///< with the desired applications
};

/// Writes NAME.rel, NAME.script and NAME.boot, or none of them. Throws Error with the reason.
void make_boot_script(const BootScript& script);

}  // namespace erlrc
