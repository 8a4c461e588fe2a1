// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include <erlrc/dist/machine.hpp>

// The questions to epmd where a node listens (PORT_PLEASE2_REQ and PORT2_RESP) and where all of them do
// (NAMES_REQ): ERTS user's guide, "Distribution Protocol", section "EPMD Protocol".

namespace erlrc {

/// Where epmd listens if nothing says otherwise.
inline constexpr std::uint16_t default_epmd_port = 4369;

/// The distribution protocol that OTP 23 brought, and the only one spoken here.
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

/// Asks epmd for one name. Gives one event.
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

/// A line of epmd's list. After the last one comes one without a name.
struct EpmdName {
  std::string alive;
  std::uint16_t port = 0;
  bool operator==(const EpmdName&) const = default;
};

/// Asks epmd for all names. The list does not tell which versions of the protocol a node speaks, and ends
/// where epmd closes the connection.
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
  bool greeted_ = false;  ///< epmd's own port, which comes first, was read
  bool closed_ = false;
  bool ended_ = false;
  FirstFailure failure_;
};

}  // namespace erlrc
