// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>

#include <erlrc/dist/machine.hpp>
#include <erlrc/dist/names.hpp>
#include <erlrc/term/term.hpp>

// The handshake of the distribution protocol, version 6 (OTP 23 and later), our side of it: ERTS user's
// guide, "Distribution Protocol", section "Distribution Handshake".
//
// We are a hidden node without a name of our own. The node invents one for us (DFLAG_NAME_ME): clients that
// run at the same time never get into each other's way, nothing is registered anywhere, and the node uses the
// name again later.
//
//   -> name        'N', flags, our host
//   <- status      's', "named:", our name and creation
//   <- challenge   'N', flags, number, the node's name
//   -> reply       'r', our number, MD5 of the cookie and the node's number; perhaps what belongs to the link
//   <- ack         'a', MD5 of the cookie and our number
//
// A node that does not like the reply closes the connection: in that state a close means the cookie.

namespace erlrc {

/// Distribution flags, as the manual spells them.
inline constexpr std::uint64_t DFLAG_PUBLISHED = 0x1;
inline constexpr std::uint64_t DFLAG_EXTENDED_REFERENCES = 0x4;
inline constexpr std::uint64_t DFLAG_DIST_MONITOR = 0x8;
inline constexpr std::uint64_t DFLAG_FUN_TAGS = 0x10;
inline constexpr std::uint64_t DFLAG_DIST_MONITOR_NAME = 0x20;
inline constexpr std::uint64_t DFLAG_NEW_FUN_TAGS = 0x80;
inline constexpr std::uint64_t DFLAG_EXTENDED_PIDS_PORTS = 0x100;
inline constexpr std::uint64_t DFLAG_EXPORT_PTR_TAG = 0x200;
inline constexpr std::uint64_t DFLAG_BIT_BINARIES = 0x400;
inline constexpr std::uint64_t DFLAG_NEW_FLOATS = 0x800;
inline constexpr std::uint64_t DFLAG_UTF8_ATOMS = 0x10000;
inline constexpr std::uint64_t DFLAG_MAP_TAG = 0x20000;
inline constexpr std::uint64_t DFLAG_BIG_CREATION = 0x40000;
inline constexpr std::uint64_t DFLAG_EXIT_PAYLOAD = 0x400000;
inline constexpr std::uint64_t DFLAG_HANDSHAKE_23 = 0x1000000;
inline constexpr std::uint64_t DFLAG_UNLINK_ID = 0x2000000;
inline constexpr std::uint64_t DFLAG_MANDATORY_25_DIGEST = 0x4000000;
inline constexpr std::uint64_t DFLAG_SPAWN = 0x100000000;
inline constexpr std::uint64_t DFLAG_NAME_ME = 0x200000000;
inline constexpr std::uint64_t DFLAG_V4_NC = 0x400000000;

/// What we can do. All that OTP 26 and later demand of a peer, which is more than OTP 23 to 25 demand, and
/// processes started from afar. Not PUBLISHED: we are hidden. No atom cache, no fragments: the node sends
/// each term whole.
inline constexpr std::uint64_t our_flags =
    DFLAG_EXTENDED_REFERENCES | DFLAG_DIST_MONITOR | DFLAG_FUN_TAGS | DFLAG_DIST_MONITOR_NAME |
    DFLAG_NEW_FUN_TAGS | DFLAG_EXTENDED_PIDS_PORTS | DFLAG_EXPORT_PTR_TAG | DFLAG_BIT_BINARIES |
    DFLAG_NEW_FLOATS | DFLAG_UTF8_ATOMS | DFLAG_MAP_TAG | DFLAG_BIG_CREATION | DFLAG_EXIT_PAYLOAD |
    DFLAG_HANDSHAKE_23 | DFLAG_UNLINK_ID | DFLAG_MANDATORY_25_DIGEST | DFLAG_SPAWN | DFLAG_NAME_ME |
    DFLAG_V4_NC;

/// What we bring to a handshake.
struct Login {
  NodeName node;                   ///< whom we want to talk to
  Cookie cookie;                   ///< the secret of that node
  std::uint32_t challenge = 0;     ///< the node must prove that it knows the cookie by this number; random
  std::string host = "localhost";  ///< the host part of the name that the node shall invent
};

/// What both sides know after a handshake.
struct Peer {
  std::string node;                ///< the node's full name
  std::uint64_t flags = 0;         ///< what the node can do
  Atom own_name;                   ///< what the node calls us
  std::uint32_t own_creation = 0;  ///< the creation of our pids and references
  bool operator==(const Peer&) const = default;
};

/// The digest by which one side proves that it knows the cookie: MD5 of the cookie followed by the other
/// side's challenge in decimal.
Bytes cookie_digest(const Cookie& cookie, std::uint32_t challenge);

/// Logs in to a node. Gives one event, when the node has proved itself too. Errors, each a ProtocolError:
/// `cookie refused`; the node is older than OTP 23; it is another node than the wanted one (told before the
/// cookie is tried); it does not allow us; it breaks the protocol; it does not know the cookie.
class Handshake {
public:
  using Event = Peer;

  /// Makes what shall be sent in one piece with our reply, behind it: that wakes the node once less. The node
  /// has said who it is by then, but has not proved it, so it may be an impostor who reads this.
  using Behind = std::function<Bytes(const Peer&)>;

  explicit Handshake(Login login, Behind behind = {});

  void receive(BytesView bytes) { received_ += bytes; }
  void close() { closed_ = true; }
  std::optional<Event> next();
  Bytes take_output() { return std::exchange(output_, {}); }

  /// After the event: what the node sent behind its last message, which belongs to the link.
  Bytes take_rest() { return std::exchange(received_, {}); }

private:
  enum class State { awaits_status, awaits_challenge, awaits_ack, complete, told };

  std::optional<Bytes> take_message();
  void expect_tag() const;
  void send(const Bytes& message);
  void read(BytesView message);
  void read_status(BytesView message);
  void read_challenge(BytesView message);
  void expect_wanted_node() const;
  void read_ack(BytesView message);
  [[noreturn]] void explain_close() const;

  Login login_;
  Behind behind_;
  Peer peer_;
  State state_ = State::awaits_status;
  Bytes output_;
  Bytes received_;
  bool closed_ = false;
  FirstFailure failure_;
};

}  // namespace erlrc
