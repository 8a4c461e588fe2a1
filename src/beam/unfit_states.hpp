// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <vector>

#include <erlrc/beam/shapes.hpp>

namespace erlrc {

// The states that a callback of `from` takes and that of `to` does not, for the same message; and those
// without a key that `to` needs for a message of its own.
std::vector<UnfitState> unfit_states(const Shapes& from, const Shapes& to);

}  // namespace erlrc
