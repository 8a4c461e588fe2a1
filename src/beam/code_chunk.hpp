// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <erlrc/base/bytes.hpp>

// The Code chunk of a BEAM file: the only place that shows whether a module has an on_load function.

namespace erlrc {

/// Whether the instructions of a Code chunk hold `on_load`. Throws ShortRead for a chunk without a whole
/// header. Supports the instructions of OTP releases up to 29; after an unknown instruction the byte pattern
/// decides.
bool holds_on_load(BytesView code_chunk);

}  // namespace erlrc
