// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <utility>
#include <variant>

#include <erlrc/dist/machine.hpp>
#include <erlrc/term/term.hpp>

// The connection after the handshake: packets after their length, which takes four bytes. An empty packet is
// a tick; any other one is a control message, with a message for some of them (ERTS user's guide,
// "Distribution Protocol", section "Protocol between Connected Nodes").

namespace erlrc {

/// Control messages, as the manual spells them.
inline constexpr std::int64_t SEND = 2;
inline constexpr std::int64_t REG_SEND = 6;
inline constexpr std::int64_t MONITOR_P = 19;
inline constexpr std::int64_t MONITOR_P_EXIT = 21;
inline constexpr std::int64_t SEND_SENDER = 22;
inline constexpr std::int64_t PAYLOAD_MONITOR_P_EXIT = 28;
inline constexpr std::int64_t SPAWN_REQUEST = 29;
inline constexpr std::int64_t SPAWN_REPLY = 31;

/// A message that a process of the node sent us.
struct Delivered {
  Term message;
  bool operator==(const Delivered&) const = default;
};

/// The answer to a SPAWN_REQUEST: `result` is the new process, or an atom with the reason of the failure.
struct SpawnAnswer {
  Reference request;
  Term result;
  bool operator==(const SpawnAnswer&) const = default;
};

/// A process that we monitor has ended.
struct Exited {
  Reference monitor;
  Term reason;
  bool operator==(const Exited&) const = default;
};

/// A process of the node monitors one of ours. (We have no processes but the connection, and the node notices
/// by itself when that ends.)
struct Monitored {
  Term by;
  Term process;
  Reference monitor;
  bool operator==(const Monitored&) const = default;
};

using LinkEvent = std::variant<Delivered, SpawnAnswer, Exited, Monitored>;

/// The content of one packet: a control message, and a message if it has one.
struct Packet {
  Term control;
  Bytes message;  ///< in the external term format with its version byte; empty: none
  bool operator==(const Packet&) const = default;
};

/// {SEND, '', To} and the message.
Packet send_to(const Pid& to, const Term& message);

/// {MONITOR_P_EXIT, Process, By, Monitor, noproc}: there is no such process.
Packet no_such_process(const Monitored& asked);

/// Our side of the connection. Answers ticks. Skips control messages that ask nothing of us (exits, ends of
/// monitors, and those unknown to us).
class Link {
public:
  using Event = LinkEvent;

  /// No packet of a node may be larger: a broken length must not make us wait for more, or keep more. What we
  /// ask for is some 100 kB.
  static constexpr std::size_t largest_packet = std::size_t{16} * 1024 * 1024;

  /// `rest` is the bytes that came after the handshake.
  explicit Link(Bytes rest = {}) : received_(std::move(rest)) {}

  void receive(BytesView bytes);
  void close() { closed_ = true; }
  std::optional<Event> next();
  Bytes take_output() { return std::exchange(output_, {}); }

  /// Puts a packet into the output.
  void send(Packet packet);

private:
  std::optional<BytesView> next_packet();

  Bytes output_;
  Bytes received_;
  std::size_t read_ = 0;  ///< so many bytes of received_ are already read
  bool closed_ = false;
  FirstFailure failure_;
};

}  // namespace erlrc
