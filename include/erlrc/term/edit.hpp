// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include <erlrc/term/term.hpp>

// Changes in a file of terms that leave all else as its author wrote it, comments and layout included.

namespace erlrc {

/// A list in a file of terms: an element of a tuple. Both count from 0.
struct ListPlace {
  std::size_t term = 0;     ///< which term of the file the tuple is
  std::size_t element = 0;  ///< which element of it the list is
};

/// The text with one more element at the end of that list, laid out as its first one is. Throws SyntaxError
/// for a text that is not of terms or has no such list, for a list that is written in another way than
/// `[..]`, and where the new element needs characters that the encoding of the text does not have.
std::string append_element(std::string_view text, const std::string& file, ListPlace place,
                           const Term& element);

}  // namespace erlrc
