// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <erlrc/base/bytes.hpp>
#include <erlrc/beam/beam.hpp>

#include "chunks.hpp"

namespace erlrc {

// Whether `beam` has a behaviour of OTP whose callbacks can be followed.
bool has_callbacks(const Beam& beam);

// What read_callbacks needs of its file.
Bytes callback_code(const Chunks& chunks);

}  // namespace erlrc
