// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <set>
#include <string>

#include <erlrc/coordinator/settings.hpp>
#include <erlrc/forecast/forecast.hpp>
#include <erlrc/report/streams.hpp>

// What the administrator's policy (PreflightMode) makes of a forecast, the same for each package manager.

namespace erlrc {

/// Why the package manager should not do this, where the administrator has configured `refuse`. Empty: the
/// transaction may continue.
std::string reason_to_refuse(const Forecasts& found);

struct Verdict {
  bool refused = false;
  std::set<std::string> skipped{};  ///< the packages that nodes do not follow
  bool operator==(const Verdict&) const = default;
};

/// The program that reports, and what the user can do if it refuses.
struct PreflightWords {
  std::string tool;
  std::string way_out;
};

/// Prints the table and the warnings, and decides.
Verdict judge(const Forecasts& found, PreflightMode mode, const PreflightWords& words, Streams& streams);

}  // namespace erlrc
