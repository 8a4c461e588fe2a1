// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <cstddef>
#include <limits>

#include <erlrc/base/bytes.hpp>
#include <erlrc/term/term.hpp>

// The external term format (ERTS user's guide, "External Term Format"), both ways, with every tag that a node
// of OTP 23 to 29 sends to a peer without atom cache and fragments.

namespace erlrc {

/// Decodes one term that starts with the version byte 131 and fills all of `bytes`; COMPRESSED terms are
/// inflated. Throws ProtocolError for anything else: an unknown tag, a count larger than the bytes left,
/// nesting deeper than 10,000, more than 64 MiB when inflated, bytes after the term.
Term decode_term(BytesView bytes);

/// What a term may hold beyond the limits of decode_term.
struct DecodeLimits {
  std::size_t terms = std::numeric_limits<std::size_t>::max();  ///< in all; a character of a string is one
  bool compressed = true;                                       ///< may be COMPRESSED
};

/// For terms that a node sends. A term takes 100 bytes and more here, and a single one on the wire; and what
/// is inflated may be a thousand times larger than what was sent. Nodes send no COMPRESSED terms by
/// themselves.
inline constexpr DecodeLimits limits_for_peers{1'000'000, false};

/// Decodes the term at the front of `reader` (version byte included) and moves `reader` past it: a
/// distribution packet holds two terms in a row.
Term decode_term(ByteReader& reader, const DecodeLimits& limits = {});

/// Decodes a term without the version byte, as in the literals and attributes of BEAM files.
Term decode_term_body(ByteReader& reader);

/// Encodes with the version byte. Atoms as SMALL_ATOM_UTF8_EXT or ATOM_UTF8_EXT, pids, ports and references
/// in the form with 32-bit creation, strings of small integers as STRING_EXT.
Bytes encode_term(const Term& term);

/// Encodes without the version byte, at the end of `writer`.
void encode_term_body(const Term& term, ByteWriter& writer);

}  // namespace erlrc
