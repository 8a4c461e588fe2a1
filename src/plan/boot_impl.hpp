// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include <erlrc/plan/boot.hpp>

// The applications that a boot is about, before it is decided in which order they start.

namespace erlrc {

/// An application that does not run and that is to run, alone or inside another one.
struct BootMember {
  std::string vsn;
  std::vector<Atom> applications;  ///< without optional ones that are not there
  std::vector<Atom> included;
  std::optional<AppFiles> files;  ///< absent: it is loaded already
};

struct BootMembers {
  std::map<Atom, BootMember> all;
  std::map<Atom, std::set<Atom>> includers;  ///< of members and of what running applications include
  std::vector<BootProblem> problems;
};

/// The applications of `desired`, what they need and include, and loaded ones that include one of them.
BootMembers collect_members(const DesiredBoot& desired, const NodeState& node, const FindApp& find);

}  // namespace erlrc
