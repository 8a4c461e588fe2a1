// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

// UTF-8 one code point at a time, shared by the sources of this part.

namespace erlrc {

/// The code point at `at`, which is moved behind it. A byte that starts no valid sequence stands for itself
/// (Latin-1).
std::uint32_t next_code_point(std::string_view text, std::size_t& at);

/// Appends `code_point` to `out`. Returns false, appending nothing, for a surrogate or a value above
/// 0x10ffff.
bool append_utf8(std::uint32_t code_point, std::string& out);

/// How many bytes at the front of `text` are valid UTF-8.
std::size_t valid_utf8_prefix(std::string_view text);

/// Whether the whole of `text` is valid UTF-8.
bool is_utf8(std::string_view text);

/// Each byte as the code point of its number.
std::string latin1_to_utf8(std::string_view text);

}  // namespace erlrc
