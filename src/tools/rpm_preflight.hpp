// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <erlrc/coordinator/settings.hpp>
#include <erlrc/engine/rpm_answer.hpp>
#include <erlrc/forecast/preflight.hpp>
#include <erlrc/report/streams.hpp>
#include <erlrc/site/site.hpp>
#include <erlrc/transaction/rpm.hpp>

namespace erlrc {

struct RpmPreflight {
  Verdict verdict;
  RpmAnswer installed;  ///< those with hooks, and the new ones; empty if no node is concerned
};

/// Reports the effect on running nodes of the transaction that rpm or dnf is about to begin, and decides. An
/// error is a reason to refuse only if the administrator has configured `refuse`.
RpmPreflight rpm_preflight(const RpmElements& elements, const Site& site, const Settings& settings,
                           Streams& streams);

}  // namespace erlrc
