// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include <erlrc/term/term.hpp>

// Edits a file of terms and keeps everything else as its author wrote it, including comments and layout.

namespace erlrc {

/// The place of a list in a file of terms: an element of a tuple. Both indices count from 0.
struct ListPlace {
  std::size_t term = 0;     ///< index of the tuple among the terms of the file
  std::size_t element = 0;  ///< index of the list among the elements of the tuple
};

/// Returns the text with one more element at the end of that list, laid out like its first element. Throws
/// SyntaxError if the text does not consist of terms or has no such list, if the list is not written as
/// `[..]`, or if the encoding of the text lacks a character of the new element.
std::string append_element(std::string_view text, const std::string& file, ListPlace place,
                           const Term& element);

}  // namespace erlrc
