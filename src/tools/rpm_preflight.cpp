// SPDX-License-Identifier: BSD-3-Clause
#include "rpm_preflight.hpp"

#include <exception>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include <erlrc/base/text.hpp>
#include <erlrc/engine/rpm_facts.hpp>
#include <erlrc/engine/rpm_source.hpp>
#include <erlrc/forecast/forecast.hpp>
#include <erlrc/sys/file.hpp>

namespace erlrc {

RpmPreflight rpm_preflight(const RpmElements& elements, const Site& site, const Settings& settings,
                           Streams& streams) {
  RpmPreflight made;
  if (settings.preflight == PreflightMode::off) return made;
  const PreflightWords words{"erlrc-hook",
                             "with ERLRC_PREFLIGHT=leave in the environment, nodes keep running the old "
                             "versions of these packages; ERLRC_HOOKS=off leaves all nodes alone"};
  try {
    RpmTransaction transaction(elements, after(settings.preflight_timeout));
    if (!transaction.concerns_nodes()) return made;
    // What follows in this call needs the answer; until then, nodes are asked.
    std::set<std::string> names = transaction.packages();
    for (std::string& hooked : directory_names(rpm_members()).value_or(std::vector<std::string>{}))
      names.insert(std::move(hooked));
    if (!names.empty()) made.installed = RpmAnswer(std::move(names), settings.timeout);
    made.verdict = judge(forecast(transaction.source(), site, settings), settings.preflight, words, streams);
  } catch (const std::exception& error) {
    streams.err += words.tool + ": warning: " + one_line(error.what()) + "\n";
    made.verdict.refused = settings.preflight == PreflightMode::refuse;
  }
  return made;
}

}  // namespace erlrc
