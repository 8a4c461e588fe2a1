// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <erlrc/beam/shapes.hpp>

#include "read_shapes.hpp"

namespace erlrc {

// Follows the code of the callbacks of a module with a behaviour of OTP, which takes about a millisecond.
// Throws Unreadable and ShortRead.
Callbacks read_callbacks(const ShapeCode& module);

}  // namespace erlrc
