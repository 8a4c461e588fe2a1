// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <CLI/CLI.hpp>
#include <map>
#include <string>

#include <erlrc/plan/request.hpp>

// The options of erlrc-upgrade and erlrc-downgrade that choose their policy.

namespace erlrc {

/// The options that were given, as text.
using PolicyOptions = std::map<std::string, std::string>;

void add_policy_options(CLI::App& app, PolicyOptions& options);

/// `policy`, changed by the options. Throws UsageError for a value that an option does not have.
Policy read_policy(Policy policy, const PolicyOptions& options);

}  // namespace erlrc
