// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <erlrc/plan/plan.hpp>

// The end that start and upgrade share: an application that does not run, from its files to running.

namespace erlrc {

/// Loads all modules of a version.
LoadModules all_modules(const AppFiles& files);

/// Appends to `plan` what loads and starts `files` on a node where the application does not run, and sets the
/// word. `path` is the step that brings its directory into the code path.
void append_start(Plan& plan, const AppFiles& files, const NodeState& node, Step path);

/// "version X of APP runs, not Y"
Refusal other_version_runs(const Atom& app, const std::string& running, const std::string& wanted);

}  // namespace erlrc
