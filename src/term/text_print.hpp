// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <erlrc/term/term.hpp>

namespace erlrc {

/// Whether io_lib prints the list as text in quotes.
bool is_string(const List& list);

}  // namespace erlrc
