// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <string>
#include <vector>

#include <erlrc/app/app_spec.hpp>

namespace erlrc {

/// What an rpm that has these applications declares: one line `erlang-app(NAME)`, or
/// `erlang-app(NAME) = VSN`, for each application that it provides, requires or recommends, which is `kind`.
std::string rpm_relations(const std::vector<AppSpec>& specs, const std::string& kind);

}  // namespace erlrc
