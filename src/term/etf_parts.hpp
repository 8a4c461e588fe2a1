// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>

#include <erlrc/base/bytes.hpp>
#include <erlrc/term/term.hpp>

#include "etf_tags.hpp"

// Terms without other terms in them, as in "External Term Format" (erl_ext_dist). Each function reads what
// follows the tag, except decode_atom. They throw ProtocolError, and ShortRead at the end of the bytes.

namespace erlrc::etf {

/// Throws ProtocolError.
[[noreturn]] void refuse(const std::string& why);

inline bool is_atom_tag(std::uint8_t tag) {
  return tag == ATOM_EXT || tag == SMALL_ATOM_EXT || tag == ATOM_UTF8_EXT || tag == SMALL_ATOM_UTF8_EXT;
}

/// Reads the tag, too: atoms are also parts of other terms.
Atom decode_atom(ByteReader& in);
Term decode_big(ByteReader& in, std::size_t length);
/// `value`. Throws ProtocolError if it is infinite or not a number.
double finite(double value);
double decode_text_float(ByteReader& in);
Term decode_bit_string(ByteReader& in);
Term decode_pid(ByteReader& in, bool wide);
Term decode_port(ByteReader& in, std::uint8_t tag);
Term decode_old_reference(ByteReader& in);
Term decode_reference(ByteReader& in, bool wide);
Term decode_export(ByteReader& in);
Term decode_fun(ByteReader& in);

}  // namespace erlrc::etf
