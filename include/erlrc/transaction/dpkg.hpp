// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <erlrc/transaction/moment.hpp>

// What dpkg's calls of maintainer scripts mean (Debian policy manual, chapter 6, "Package maintainer scripts
// and installation procedure").
//
// Both versions of a package are whole on disk at three moments only:
// - in the old postrm's `upgrade`;
// - if that fails, in the new postrm's `failed-upgrade`;
// - if that fails, too, in the old preinst's `abort-upgrade`.
// The first does the upgrade: if it fails, dpkg restores the old files and the old status. The second does
// not try again what a node has refused, but does the upgrade where the old script had no chance to (it was
// killed). The third rolls back what was done although the call failed (another part of the script failed).
// A second call is always harmless, since dpkg repeats calls after it was killed.
//
// Where the old package has no such scripts, or where both versions are in the same directory, the new
// preinst, which is called before anything is unpacked, backs the old files up. In the first case the new
// postinst does the upgrade with them; dpkg cannot restore the old version any longer then, so what a node
// refuses needs a restart.

namespace erlrc {

enum class Script { preinst, postinst, prerm, postrm };

/// The script of that name; nullopt for any other name.
std::optional<Script> parse_script(std::string_view name);

/// The moment that this call stands for; nullopt if it means nothing for nodes. `args` are those that dpkg
/// gave to the script. A call that dpkg is not known to make means nothing: later versions may have more.
std::optional<Moment> moment_of(Script script, const std::vector<std::string>& args);

}  // namespace erlrc
