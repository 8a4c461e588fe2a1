// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <erlrc/beam/beam.hpp>

// Knowledge about functions of OTP and Elixir that decides whether init/1 of a supervisor may be called
// again.

namespace erlrc {

// Whether the function only computes something or looks something up, and changes nothing.
bool only_computes(const ImportedFunction& called);

// Whether a call of the function (ets:whereis/1, for example) shows that the code expects to be called again.
bool is_guard(const ImportedFunction& called);

}  // namespace erlrc
