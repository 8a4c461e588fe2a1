// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

// Reads and writes UTF-8 one code point at a time.

namespace erlrc {

/// Returns the code point at `at` and moves `at` past it. A byte that does not start a valid sequence counts
/// as a Latin-1 character.
std::uint32_t next_code_point(std::string_view text, std::size_t& at);

/// Appends `code_point` to `out`. Returns false, appending nothing, for a surrogate or a value above
/// 0x10ffff.
bool append_utf8(std::uint32_t code_point, std::string& out);

/// Number of bytes at the front of `text` that are valid UTF-8.
std::size_t valid_utf8_prefix(std::string_view text);

/// Whether the whole of `text` is valid UTF-8.
bool is_utf8(std::string_view text);

/// Converts each byte to the code point with its number.
std::string latin1_to_utf8(std::string_view text);

}  // namespace erlrc
