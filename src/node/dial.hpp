// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>

#include <erlrc/dist/node_entry.hpp>
#include <erlrc/sys/byte_stream.hpp>
#include <erlrc/sys/deadline.hpp>

namespace erlrc {

/// A connection to the port of a node, by the means of the entry: plain or with TLS.
struct Dialled {
  std::unique_ptr<ByteStream> stream{};
  /// The user whose process has the other end; see Socket::peer_owner. Only as long as `stream` exists.
  std::function<std::optional<std::uint32_t>()> peer_owner{};
  std::optional<std::uint32_t> listener_owner{};  ///< the user whose process listens there, if that is known
};

/// nullopt: nothing listens there. Throws TimedOut and SystemError.
std::optional<Dialled> dial(const NodeEntry& entry, std::uint16_t port, Deadline until);

/// What the arguments of the node's process show of why it could not be called: it speaks another protocol
/// than the entry has, or one of its own. Empty if they show nothing of the kind.
std::string protocol_remark(const NodeEntry& entry);

}  // namespace erlrc
