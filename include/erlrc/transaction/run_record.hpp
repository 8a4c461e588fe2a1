// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include <erlrc/plan/request.hpp>

// What the calls of one run of a package manager leave for each other. It is stored before a node is touched,
// and removed when all its packages are closed; a record of another process is that of a run that ended
// early. Packages that have nothing to do with each other are in groups of their own, which may be unpacked
// in turns. The table of states is in package_run.hpp.

namespace erlrc {

struct RunRecord {
  enum class State {
    unpacking,     ///< the packages are being unpacked; nodes were not asked yet
    trying,        ///< the requests are being executed
    trying_again,  ///< the same, after a call that did so was killed
    done,          ///< all were executed; the packages that are not closed are still to be unpacked
    failed,        ///< all were rolled back; the packages that are not closed have to be refused
  };
  struct Package {
    std::string name;
    std::string from{};               ///< the version before; empty: none
    std::string version{};            ///< the one being unpacked; empty: nodes do not follow it
    std::vector<Request> requests{};  ///< what was executed, or tried, for it
    bool closed = false;   ///< the package manager cannot put the old version back any longer, or has done so
    bool removed = false;  ///< it is being removed: there is no new version
    bool operator==(const Package&) const = default;
  };

  /// An upgrade set.
  struct Group {
    State state = State::trying;
    std::string because{};            ///< failed: one line
    std::vector<Package> packages{};  ///< in the order of the requests
    bool clean = false;               ///< failed: every node is known to be as it was before the requests
    bool unpacked = false;            ///< the new versions are on disk, and the old ones, too
    bool alone = false;               ///< unpacked: in a run that only removes versions, and has no end
    bool operator==(const Group&) const = default;

    Package* find(const std::string& name);
    const Package* find(const std::string& name) const;
    bool all_closed() const;
  };

  std::string run{};  ///< the process of the package manager, as `PID START`
  std::vector<Group> groups{};
  bool operator==(const RunRecord&) const = default;

  /// The group that this package is in; null: it is in none.
  Group* group_of(const std::string& name);
  const Group* group_of(const std::string& name) const;
};

std::string encode_run_record(const RunRecord& record);

/// Throws Error for a text that encode_run_record did not make.
RunRecord decode_run_record(std::string_view text);

}  // namespace erlrc
