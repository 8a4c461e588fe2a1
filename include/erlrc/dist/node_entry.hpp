// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <cstdint>
#include <optional>
#include <set>

#include <erlrc/dist/names.hpp>
#include <erlrc/term/term.hpp>

namespace erlrc {

/// What packages may start on a node. What runs there is upgraded and stopped in any case.
struct StartRule {
  enum class Kind {
    all,
    running,  ///< what an application that runs there needs
    only,     ///< the applications below; `none` if the list is empty
  };
  Kind kind = Kind::all;
  std::set<Atom> apps{};
  bool operator==(const StartRule&) const = default;
};

/// A node and how to reach it: the content of one file of $ERLRC_ROOT/nodes. The file has the node's name;
/// its content is the cookie alone, or lines `key = value` with the keys cookie, cookie_file, user, port (the
/// node's own, if it is not to be asked from epmd), epmd_port and start.
struct NodeEntry {
  NodeName name;
  Cookie cookie;
  std::optional<std::uint16_t> port;       ///< the node's distribution port; absent: ask epmd
  std::optional<std::uint16_t> epmd_port;  ///< absent: $ERL_EPMD_PORT, else 4369
  // Root and these users may run the node; a process of any other user is not answered.
  std::uint32_t cookie_owner = 0;       ///< the owner of the file that contains the cookie
  std::optional<std::uint32_t> user{};  ///< the user that the administrator has named
  StartRule start{};
};

/// Whether a process of that user may be the node. Any user can give a process any name, and take a port first.
inline bool may_run(const NodeEntry& entry, std::uint32_t user) {
  return user == 0 || user == entry.cookie_owner || user == entry.user;
}

}  // namespace erlrc
