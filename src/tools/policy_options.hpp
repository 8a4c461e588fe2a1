// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <CLI/CLI.hpp>
#include <string>

#include <erlrc/plan/request.hpp>

// The options of erlrc-upgrade and erlrc-downgrade that choose their policy.

namespace erlrc {

/// The options of the policy, as text.
struct PolicyOptions {
  std::string purge = "refuse";
  std::string stranded = "unreached";
  std::string records = "refuse";
  std::string children = "change";
  std::string engine = "erlrc";
};

void add_policy_options(CLI::App& app, PolicyOptions& options);

/// Throws UsageError for a value that an option does not have.
Policy read_policy(const PolicyOptions& options);

}  // namespace erlrc
