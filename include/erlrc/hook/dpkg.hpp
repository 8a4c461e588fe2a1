// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include <erlrc/plan/request.hpp>

// What dpkg's call of a maintainer script means for running nodes (Debian policy manual, chapter 6, "Package
// maintainer scripts and installation procedure").
//
// Both versions of a package are whole on disk at three moments only: in the old postrm's `upgrade`, in the
// new postrm's `failed-upgrade` that follows if that fails, and in the old preinst's `abort-upgrade` that
// follows if that fails, too. So the first does the upgrade: if it fails, dpkg puts the old files and the old
// status back. The second does not try again what a node has refused, but does it where the old script had no
// chance to (it was killed). The third takes back what was done in spite of the failure (another part of the
// script failed). Everything is asked for in a way that makes a second call harmless, since dpkg repeats
// calls after it was killed.

namespace erlrc {

/// One line of a package's control member `erlrc`: an application that it ships.
struct PackagedApp {
  Atom app;
  std::string vsn;
  std::string ebin;  ///< absolute
  bool operator==(const PackagedApp&) const = default;
};

/// The applications of one version of a package, each after those it needs.
using PackagedApps = std::vector<PackagedApp>;

/// What a package wants to happen to running nodes when it is installed, upgraded and removed.
enum class PackagePolicy {
  hot,      ///< they are kept in step
  restart,  ///< the package restarts its service; nothing is done in nodes
  leave,    ///< nothing is done
};

/// A package's control member `erlrc`.
struct ControlMember {
  PackagedApps apps;
  PackagePolicy policy = PackagePolicy::hot;
  std::optional<std::vector<std::string>> nodes;  ///< the nodes to keep in step; absent: all
  bool operator==(const ControlMember&) const = default;
};

/// Reads a control member: lines `policy = POLICY` and `nodes = NODE ..`, and one `APP VSN EBIN` for each
/// application, EBIN being the rest of it; `#` begins a comment. Throws SyntaxError for a line of another
/// shape, for what cannot be a policy, an application or an absolute path, and for what is there twice.
ControlMember parse_control_member(std::string_view text, const std::string& file);

/// The applications of a control member alone.
PackagedApps parse_packaged_apps(std::string_view text, const std::string& file);

enum class Script { preinst, postinst, prerm, postrm };

/// The script of that name; nullopt for any other name.
std::optional<Script> parse_script(std::string_view name);

struct DpkgCall {
  Script script = Script::postinst;
  std::vector<std::string> args;  ///< as dpkg gave them: configure, upgrade NEWVERSION, ..
  std::optional<PackagedApps>
      installed;  ///< of the installed control member (info/PKG.erlrc); absent: it has none
  std::optional<PackagedApps> unpacking;  ///< of the one being unpacked (tmp.ci/erlrc)
  bool refused_before = false;  ///< an earlier call of this dpkg run refused this upgrade (the marker)
  /// The applications that should run on this host; the others are kept in step where they run, but not
  /// started. Absent: all.
  std::optional<std::set<Atom>> wanted = std::nullopt;
};

/// What a hook call is to do. Without requests: nothing, beside what the flags say.
struct HookPlan {
  std::vector<Request> requests = {};  ///< one after the other; if one fails, those done are reversed
  bool fail = false;                   ///< exit 1 without trying: so dpkg puts the old files back
  bool mark_refusal = false;           ///< on failure, leave the marker for the calls that follow
  bool clear_mark = false;             ///< remove the marker
  bool tolerant =
      false;  ///< tell failures, but go on and exit 0: failing would leave the package worse than it is
  bool operator==(const HookPlan&) const = default;
};

/// A call that dpkg is not known to make does nothing: later versions of dpkg may have more.
HookPlan plan_dpkg(const DpkgCall& call);

/// What takes `request` back.
Request reversed(const Request& request);

}  // namespace erlrc
