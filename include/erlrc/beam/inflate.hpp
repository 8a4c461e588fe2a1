// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <erlrc/base/bytes.hpp>

// Data that was compressed with gzip or zlib.

namespace erlrc {

bool is_gzip(BytesView bytes);

/// Inflates gzip and zlib. Throws Error if the data is broken, or larger than 32 MB and four times its
/// compressed size.
Bytes inflate_all(BytesView compressed);

}  // namespace erlrc
