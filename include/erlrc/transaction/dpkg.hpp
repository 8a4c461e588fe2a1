// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include <erlrc/plan/request.hpp>
#include <erlrc/transaction/control_member.hpp>

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
//
// Where the old package has no such scripts, or where both versions lie in the same directory, the new
// preinst, which is called before anything is unpacked, puts the old files aside. In the first case the new
// postinst does the upgrade with them; dpkg cannot go back any more then, so what a node refuses is left for
// a restart.
//
// joint.hpp tells of several packages in one run of dpkg.

namespace erlrc {

enum class Script { preinst, postinst, prerm, postrm };

/// The script of that name; nullopt for any other name.
std::optional<Script> parse_script(std::string_view name);

/// The applications that should run on this host; the others are kept in step where they run, but not
/// started. Absent: all.
using WantedApps = std::optional<std::set<Atom>>;

struct DpkgCall {
  Script script = Script::postinst;
  std::vector<std::string> args;  ///< as dpkg gave them: configure, upgrade NEWVERSION, ..
  std::optional<PackagedApps>
      installed{};  ///< of the installed control member (info/PKG.erlrc); absent: it has none
  std::optional<PackagedApps> unpacking{};  ///< of the one being unpacked (tmp.ci/erlrc)
  PackagedApps kept{};                      ///< those of the version before whose files were put aside
  WantedApps wanted{};
  std::optional<std::vector<std::string>> nodes{};  ///< those that the package is for; absent: all
};

/// What one kind of call comes to.
enum class Effect {
  nothing,
  prepare,     ///< the old version is about to be replaced
  upgrade,     ///< from the installed version to the one being unpacked
  retry,       ///< the same, unless a node has refused it
  take_back,   ///< from the one being unpacked to the installed version
  abandon,     ///< what was put aside for this upgrade is needed no more
  configure,   ///< all is unpacked: the installed applications run, in their version
  start,       ///< the installed applications run again
  start_over,  ///< the same, at the end of an upgrade that was given up
  stop,        ///< the installed applications are about to go, or are gone
};

/// A call that dpkg is not known to make means nothing: later versions of dpkg may have more.
Effect effect_of(const DpkgCall& call);

/// What the call asks of a node, for its package alone, one after the other.
std::vector<Request> requests_for(const DpkgCall& call);

/// From one version of a package to another. What only the latter has is left to its postinst, which is
/// called when also the packages it depends on are configured.
std::vector<Request> change_all(const PackagedApps& from, const PackagedApps& to, const WantedApps& wanted);

/// The same requests, for these nodes alone; absent: for all.
std::vector<Request> for_nodes(const std::optional<std::vector<std::string>>& nodes,
                               std::vector<Request> requests);

/// All of them that are wanted, each after those it needs.
std::vector<Request> start_all(const PackagedApps& apps, const WantedApps& wanted);

/// `apps`, with what is known of those whose files were put aside. Files of another version are those that
/// some node may still run; that is the postinst's affair.
PackagedApps with_kept(PackagedApps apps, const PackagedApps& kept);

/// The requests that take these back, in the order to do it.
std::vector<Request> all_reversed(const std::vector<Request>& requests);

/// What takes `request` back.
Request reversed(const Request& request);

}  // namespace erlrc
