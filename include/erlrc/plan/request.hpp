// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <cstdint>
#include <optional>
#include <set>
#include <string>
#include <variant>
#include <vector>

#include <erlrc/app/appup.hpp>
#include <erlrc/app/location.hpp>
#include <erlrc/term/term.hpp>

// What the caller wants of every node.

namespace erlrc {

/// One version of the application and where it is.
struct Version {
  std::string vsn;
  std::optional<Location> location{};  ///< absent: the node's code:lib_dir()/APP-VSN/ebin
  bool operator==(const Version&) const = default;
};

/// What to do about processes that an upgrade would hit though no instruction is for them.
struct Policy {
  enum class OldCode { refuse, wait, kill };
  enum class Stranded { unreached, report, refuse };
  /// Processes that still run the code before the last upgrade: loading the next would kill them.
  OldCode old_code = OldCode::refuse;
  std::int64_t wait_ms = 0;  ///< with OldCode::wait or kill: how long before, in milliseconds
  /// Processes inside a module that changes, which no instruction converts: they keep running its old code
  /// until they call it by its full name. unreached: reported, unless they are of a module that the script
  /// updates and that has no process that can be converted.
  Stranded stranded = Stranded::unreached;
  enum class Records { refuse, report };
  /// Records that the new version defines anew, in the states of processes that no instruction converts: the
  /// upgrade is refused, or they are reported.
  Records records = Records::refuse;
  /// How long a process may be suspended because others are busy, in milliseconds.
  std::int64_t pause_ms = 500;
  enum class Children { change, keep };
  /// Children that a supervisor's new init/1 has and the old one had not, or the other way round: started and
  /// stopped, or left alone.
  Children children = Children::change;
  enum class Engine { erlrc, otp };
  /// The engine that runs the script: our runner, or release_handler.
  Engine engine = Engine::erlrc;
  bool operator==(const Policy&) const = default;
};

struct Request {
  struct Start {
    Version version;  ///< the version that shall run
    bool operator==(const Start&) const = default;
  };

  struct Stop {
    Version version;     ///< the version to stop
    bool unload = true;  ///< also unload the application and its modules
    bool operator==(const Stop&) const = default;
  };

  /// An upgrade or a downgrade.
  struct Change {
    Direction direction = Direction::up;
    Version from;       ///< the version that runs now
    Version to;         ///< the version that shall run
    bool start = true;  ///< where no version runs, start the new one
    Policy policy{};
    bool explain = false;  ///< the plan also lists what happens to each module
    bool operator==(const Change&) const = default;
  };

  Atom app;
  std::variant<Start, Stop, Change> what;
  std::optional<std::vector<std::string>> nodes{};  ///< the nodes that it is for, by name; absent: all
  bool operator==(const Request&) const = default;
};

enum class Action { start, stop, upgrade, downgrade };

Action action_of(const Request& request);

/// `start`, `upgrade`, .. as in JSON and in messages.
std::string to_string(Action action);

/// The version that `request` stops or replaces; null for a start.
const Version* version_before(const Request& request);
Version* version_before(Request& request);

/// The version that shall run after `request`; null for a stop.
const Version* version_after(const Request& request);
Version* version_after(Request& request);

}  // namespace erlrc
