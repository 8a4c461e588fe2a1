// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <string>
#include <string_view>

// The encoding of a file of terms.

namespace erlrc {

/// Whether one of the first two lines is a comment with `coding: latin-1` (or `=`), by the rules of
/// epp:read_encoding/1.
bool says_latin1(std::string_view text);

/// The text as UTF-8. Throws SyntaxError if it is not UTF-8 and not declared as Latin-1.
std::string decoded(std::string_view text, const std::string& file);

}  // namespace erlrc
