// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <string>
#include <string_view>

#include <erlrc/dist/node_entry.hpp>

// The value of `start` in the entry of a node.

namespace erlrc {

/// Reads `all`, `running`, `none`, or the names of applications, separated by blanks or commas. Throws
/// UsageError for anything else; the message begins with `where` and does not quote the text, which may be a
/// cookie in the wrong place.
StartRule parse_start_rule(std::string_view text, const std::string& where);

/// As parse_start_rule reads it.
std::string to_string(const StartRule& rule);

}  // namespace erlrc
