// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include <erlrc/dist/machine.hpp>

// Asks epmd for the port of one node (PORT_PLEASE2_REQ and PORT2_RESP) or of all nodes (NAMES_REQ): ERTS
// user's guide, "Distribution Protocol", section "EPMD Protocol".

namespace erlrc {

/// The port of epmd, unless $ERL_EPMD_PORT or a node's entry names another one.
inline constexpr std::uint16_t default_epmd_port = 4369;

/// The version of the distribution protocol that OTP 23 introduced; the only one supported here.
inline constexpr std::uint16_t distribution_version = 6;

/// A node as epmd knows it.
struct Registration {
  std::uint16_t port = 0;
  std::uint16_t highest_version = 0;  ///< of the distribution protocol; below 6 before OTP 23
  bool operator==(const Registration&) const = default;
};

struct EpmdAnswer {
  std::optional<Registration> registration;  ///< absent: epmd does not know the name
  bool operator==(const EpmdAnswer&) const = default;
};

/// Asks epmd for one name. Its only event is the answer.
class EpmdQuery {
public:
  using Event = EpmdAnswer;

  explicit EpmdQuery(std::string_view alive);

  void receive(BytesView bytes) { received_ += bytes; }
  void close() { closed_ = true; }
  std::optional<Event> next();
  Bytes take_output() { return std::exchange(output_, {}); }

private:
  std::optional<Event> read_answer() const;

  std::string alive_;
  Bytes output_;
  Bytes received_;
  bool closed_ = false;
  bool answered_ = false;
  FirstFailure failure_;
};

/// A line of epmd's list. An empty name marks the end of the list.
struct EpmdName {
  std::string alive;
  std::uint16_t port = 0;
  bool operator==(const EpmdName&) const = default;
};

/// Asks epmd for all names. The list does not contain the protocol versions of the nodes, and ends where epmd
/// closes the connection.
class EpmdNames {
public:
  using Event = EpmdName;

  EpmdNames();

  void receive(BytesView bytes) { received_ += bytes; }
  void close() { closed_ = true; }
  std::optional<Event> next();
  Bytes take_output() { return std::exchange(output_, {}); }

private:
  std::optional<Event> read_line();

  Bytes output_;
  Bytes received_;
  std::size_t read_ = 0;  ///< so many bytes of received_ are already read
  bool greeted_ = false;  ///< has read epmd's own port, which comes first
  bool closed_ = false;
  bool ended_ = false;
  FirstFailure failure_;
};

}  // namespace erlrc
