// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <erlrc/app/location.hpp>
#include <erlrc/term/term.hpp>

// The control member `erlrc` of a package: which applications it ships, and what should happen to running
// nodes.

namespace erlrc {

/// One line of a package's control member `erlrc`: an application that it ships.
struct PackagedApp {
  Atom app;
  std::string vsn;
  Location location;  ///< absolute
  bool operator==(const PackagedApp&) const = default;
};

/// The applications of one version of a package, each after those it needs.
using PackagedApps = std::vector<PackagedApp>;

/// What a package wants to happen to running nodes when it is installed, upgraded and removed.
enum class PackagePolicy {
  hot,      ///< they are kept in sync
  restart,  ///< the package restarts its service; nothing is done in nodes
  leave,    ///< nothing is done
};

/// A package's control member `erlrc`.
struct ControlMember {
  PackagedApps apps;
  PackagePolicy policy = PackagePolicy::hot;
  std::optional<std::vector<std::string>> nodes;  ///< the nodes to keep in sync; absent: all
  bool operator==(const ControlMember&) const = default;
};

/// Reads a control member: lines `policy = POLICY` and `nodes = NODE ..`, and one `APP VSN EBIN` for each
/// application, EBIN being the rest of it; `#` begins a comment. Throws SyntaxError for a line of another
/// shape, for what cannot be a policy, a node, an application or an absolute path, and for what is there
/// twice.
ControlMember parse_control_member(std::string_view text, const std::string& file);

/// The applications that nodes are to be kept in sync with; a package that wants something else is like one
/// without a control member.
std::optional<PackagedApps> managed_apps(const std::optional<ControlMember>& member);

/// Null: it is not among them.
const PackagedApp* find_app(const PackagedApps& apps, const Atom& app);

/// Whether the application is among managed_apps.
bool ships(const std::optional<ControlMember>& member, const Atom& app);

}  // namespace erlrc
