// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <optional>
#include <string>
#include <vector>

#include <erlrc/plan/plan.hpp>

// The end that start and upgrade share: an application that does not run, from its files to running.

namespace erlrc {

/// Loads all modules of a version.
LoadModules all_modules(const AppFiles& files);

/// What a boot would not start either (plan/boot.hpp): it depends on what it includes, or includes what runs
/// inside another application.
std::optional<Refusal> contradiction(const AppFiles& files, const NodeState& node);

/// `spec` as one that depends, where it depends on an application that runs inside another one, on that one.
AppSpec depending_on_outermost(AppSpec spec, const NodeState& node);

/// The direct dependencies of `spec` that do not run. Their own may be missing, too.
std::vector<Atom> not_running(const AppSpec& spec, const NodeState& node);

/// Appends to `plan` what loads and starts `files` on a node where the application does not run, and sets the
/// word. `path` is the step that brings its directory into the code path.
void append_start(Plan& plan, const AppFiles& files, const NodeState& node, Step path);

/// The refusal to touch an application that another program is starting.
Refusal started_elsewhere(const Atom& app);

/// "version X of APP runs, not Y"
Refusal other_version_runs(const Atom& app, const std::string& running, const std::string& desired);

}  // namespace erlrc
