// SPDX-License-Identifier: BSD-3-Clause
#include <erlrc/forecast/preflight.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <cstddef>
#include <functional>

#include <erlrc/base/text.hpp>

namespace erlrc {
namespace {

std::size_t count_of(const Forecasts& found, const std::function<bool(const Forecast&)>& matches) {
  return static_cast<std::size_t>(std::ranges::count_if(found.rows, matches));
}

std::set<std::string> packages_that_fail(const Forecasts& found) {
  std::set<std::string> packages;
  for (const Forecast& row : found.rows)
    if (fails(row) && !row.package.empty()) packages.insert(row.package);
  return packages;
}

}  // namespace

std::string reason_to_refuse(const Forecasts& found) {
  if (const auto failed = count_of(found, fails))
    return fmt::format("{} of {} to running nodes cannot be done", failed,
                       counted(found.rows.size(), "change"));
  const auto unwanted =
      count_of(found, [](const Forecast& row) { return row.kind == Forecast::Kind::unwanted; });
  if (unwanted > 0)
    return counted(unwanted, "application") +
           " would be installed and not started, as the entries of nodes say";
  return found.warnings.empty() ? "" : "the effect on running nodes is unknown";
}

Verdict judge(const Forecasts& found, PreflightMode mode, const PreflightWords& words, Streams& streams) {
  streams.out += render_forecasts(found);
  for (const std::string& warning : found.warnings)
    streams.err += words.tool + ": warning: " + one_line(warning) + "\n";
  if (mode == PreflightMode::leave) return {false, packages_that_fail(found)};
  const std::string why = mode == PreflightMode::refuse ? reason_to_refuse(found) : "";
  if (why.empty()) return {};
  streams.err +=
      fmt::format("{}: refused, and nothing has been changed: {} ({})\n", words.tool, why, words.way_out);
  return {true, {}};
}

}  // namespace erlrc
