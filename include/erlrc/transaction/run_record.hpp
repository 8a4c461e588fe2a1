// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include <erlrc/plan/request.hpp>

// What the calls of one dpkg run tell each other. It is written before a node is touched and removed when
// dpkg has let all its packages pass, or given all of them up; one that is found with another dpkg tells of a
// run that came to no end. Packages that have nothing to do with each other are in groups of their own, which
// dpkg may unpack in turns.

namespace erlrc {

struct RunRecord {
  enum class State {
    trying,  ///< the requests are being done
    done,    ///< all are done; the packages that are not settled are still to be unpacked
    failed,  ///< all were taken back; the packages that are not settled have to be refused
  };
  struct Package {
    std::string name;
    std::string from{};               ///< the version before; empty: none
    std::string version{};            ///< the one being unpacked
    std::vector<Request> requests{};  ///< what was done, or tried, for it
    bool settled = false;             ///< dpkg has let it pass, or given it up
    bool operator==(const Package&) const = default;
  };

  /// Packages whose upgrades are done as one.
  struct Group {
    State state = State::trying;
    std::string because{};            ///< failed: one line
    std::vector<Package> packages{};  ///< in the order of the requests
    bool operator==(const Group&) const = default;

    Package* find(const std::string& name);
    bool all_settled() const;
  };

  std::string dpkg;  ///< the process, as `PID START`
  std::vector<Group> groups{};
  bool operator==(const RunRecord&) const = default;

  /// The one that this package is in; null: none.
  Group* group_of(const std::string& name);
};

std::string encode_run_record(const RunRecord& record);

/// Throws Error for what encode_run_record has not written.
RunRecord decode_run_record(std::string_view text);

}  // namespace erlrc
