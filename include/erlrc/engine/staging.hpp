// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <filesystem>
#include <set>
#include <string>

#include <erlrc/engine/package_facts.hpp>
#include <erlrc/term/term.hpp>

namespace erlrc {

/// Contents of archives, staged for nodes to load before the package manager unpacks them:
/// /var/lib/erlrc/staged/PACKAGE/.
///
/// While a node is upgraded, code:priv_dir/1 returns a staged directory. Processes may keep its name, as may
/// supervisors, in the arguments of children. So when the files are dropped, the directory of each
/// application that has been installed, and has more than code, becomes a link to where it is now. When that
/// directory is gone, so is the link after the next run.
class Staging {
public:
  Staging();

  const std::filesystem::path& directory() const { return directory_; }

  /// Unpacks the archive; false if it is damaged. Throws Error if there is no space for what it holds, or no
  /// time.
  [[nodiscard]] bool unpack(const std::string& package, const std::filesystem::path& archive,
                            const PackageFacts& facts) const;

  /// The applications that the staged package declares desired on this host.
  std::set<Atom> desired(const std::string& package) const;

  /// Drops the files, and links to what is no longer installed.
  void drop(const std::string& package) const;
  void drop_all() const;

private:
  std::filesystem::path directory_;
};

}  // namespace erlrc
