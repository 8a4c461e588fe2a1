// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <erlrc/beam/beam.hpp>

// What functions of OTP and Elixir do, as far as it matters to who wants to call init/1 of a supervisor once
// more.

namespace erlrc {

// It computes something or looks something up, and changes nothing.
bool only_computes(const ImportedFunction& called);

// Who asks it knows that it may be called again.
bool is_guard(const ImportedFunction& called);

}  // namespace erlrc
