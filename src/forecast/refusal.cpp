// SPDX-License-Identifier: BSD-3-Clause
#include <erlrc/forecast/refusal.hpp>

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

}  // namespace erlrc
