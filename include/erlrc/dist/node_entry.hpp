// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <cstdint>
#include <optional>

#include <erlrc/dist/names.hpp>

namespace erlrc {

/// A node and how it is reached: what one file of $ERLRC_ROOT/nodes says. The file's name is the node's; the
/// content is the cookie alone, or lines `key = value` with the keys cookie, cookie_file, port (the node's
/// own, where no epmd tells it), epmd_port.
struct NodeEntry {
  NodeName name;
  Cookie cookie;
  std::optional<std::uint16_t> port;       ///< the node's distribution port, where no epmd is to be asked
  std::optional<std::uint16_t> epmd_port;  ///< absent: $ERL_EPMD_PORT, else 4369
};

}  // namespace erlrc
