// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <string>

#include <erlrc/forecast/forecast.hpp>

namespace erlrc {

/// Why APT should not do this, where the administrator has configured `refuse`. Empty: the transaction may
/// continue.
std::string reason_to_refuse(const Forecasts& found);

}  // namespace erlrc
