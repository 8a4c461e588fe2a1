// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <cstdint>
#include <optional>
#include <set>
#include <string>

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

/// For a node that speaks TLS (-proto_dist inet_tls). Paths are absolute, or empty.
struct TlsSettings {
  std::string ca_file{};  ///< one of its certificates must have signed the node's; empty: any is accepted
  std::string name{};     ///< that the node's certificate must have; empty: the host of the entry
  std::string certificate_file{};  ///< ours, for a node that wants one
  std::string key_file{};          ///< of ours; empty: it is in the same file
  bool operator==(const TlsSettings&) const = default;
};

/// A node and how to reach it: the content of one file of $ERLRC_ROOT/nodes. The file has the node's name;
/// its content is the cookie alone, or lines `key = value`; erlrc-node(8) lists the keys.
struct NodeEntry {
  NodeName name;
  Cookie cookie;
  std::optional<std::uint16_t> port;       ///< the node's distribution port; absent: ask epmd
  std::optional<std::uint16_t> epmd_port;  ///< absent: $ERL_EPMD_PORT, else 4369
  // Root and these users may run the node; a process of any other user is not answered.
  std::uint32_t cookie_owner = 0;       ///< the owner of the file that contains the cookie
  std::optional<std::uint32_t> user{};  ///< the user that the administrator has named
  StartRule start{};
  std::optional<std::string> address{};  ///< the only one on which the node listens; absent: any of this host
  std::optional<std::string> network{};  ///< the network namespace of the node and its epmd; absent: ours
  std::optional<TlsSettings> tls{};      ///< absent: the node speaks TCP without TLS
};

/// Whether a process of that user may be the node. Any user can give a process any name, and take a port
/// first.
inline bool may_run(const NodeEntry& entry, std::uint32_t user) {
  return user == 0 || user == entry.cookie_owner || user == entry.user;
}

}  // namespace erlrc
