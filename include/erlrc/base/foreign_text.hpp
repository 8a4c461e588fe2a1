// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <string>
#include <string_view>

// Text from nodes, packages and files, which may contain anything. Where it is shown, bytes that are not
// UTF-8 become `\xNN`, and characters that change how a terminal shows the others (controls, directions,
// tags) become `\x{NNNN}`.
//
// For messages and logs, `one_line` (text.hpp) cleans it so: one line of at most some kilobytes, which ends
// in `..` if the text was longer, and in which control characters of ASCII are spaces.

namespace erlrc {

/// The text for a terminal: with its lines and tabs, and as long as it is.
std::string for_terminal(std::string_view text);

}  // namespace erlrc
