// SPDX-License-Identifier: BSD-3-Clause
#include "rpm_preflight.hpp"

#include <exception>

#include <erlrc/base/text.hpp>
#include <erlrc/engine/rpm_source.hpp>
#include <erlrc/forecast/forecast.hpp>

namespace erlrc {

Verdict rpm_preflight(const RpmElements& elements, const Site& site, const Settings& settings,
                      Streams& streams) {
  if (settings.preflight == PreflightMode::off) return {};
  const PreflightWords words{"erlrc-hook",
                             "with ERLRC_PREFLIGHT=leave in the environment, nodes keep running the old "
                             "versions of these packages; ERLRC_HOOKS=off leaves all nodes alone"};
  try {
    RpmTransaction transaction(elements, after(settings.preflight_timeout));
    if (!transaction.concerns_nodes()) return {};
    return judge(forecast(transaction.source(), site, settings), settings.preflight, words, streams);
  } catch (const std::exception& error) {
    streams.err += words.tool + ": warning: " + one_line(error.what()) + "\n";
    return {settings.preflight == PreflightMode::refuse};
  }
}

}  // namespace erlrc
