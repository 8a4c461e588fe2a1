// SPDX-License-Identifier: BSD-3-Clause
#pragma once

namespace erlrc {

/// Opens those of the descriptors 0 to 2 that the caller has closed. Otherwise the next file or socket would
/// get the number, and output would go there. Reading from them, or writing to them, fails as before.
void open_standard_streams();

}  // namespace erlrc
