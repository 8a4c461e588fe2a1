// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <cstdint>
#include <optional>

#include <erlrc/dist/names.hpp>

namespace erlrc {

/// A node and how to reach it: the content of one file of $ERLRC_ROOT/nodes. The file has the node's name;
/// its content is the cookie alone, or lines `key = value` with the keys cookie, cookie_file, port (the
/// node's own, if it is not to be asked from epmd) and epmd_port.
struct NodeEntry {
  NodeName name;
  Cookie cookie;
  std::optional<std::uint16_t> port;       ///< the node's distribution port; absent: ask epmd
  std::optional<std::uint16_t> epmd_port;  ///< absent: $ERL_EPMD_PORT, else 4369
};

}  // namespace erlrc
