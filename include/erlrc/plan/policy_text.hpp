// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <chrono>
#include <string>
#include <string_view>

#include <erlrc/plan/request.hpp>

// A policy as people write it, in options and in erlrc.conf(5).

namespace erlrc {

/// Seconds, with or without a fraction. Throws UsageError for anything but a positive number, which begins
/// with `source`: where the text is from.
std::chrono::milliseconds parse_seconds(const std::string& text, const std::string& source);

/// Whether a policy has a part of that name: purge, stranded, records, pause, children, engine.
bool is_policy_part(std::string_view name);

/// Sets that part of the policy. Throws UsageError for a value that it does not have.
void set_policy_part(Policy& policy, std::string_view name, const std::string& value,
                     const std::string& source);

}  // namespace erlrc
