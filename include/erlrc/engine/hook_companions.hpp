// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <filesystem>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include <erlrc/transaction/upgrade_set.hpp>
#include <erlrc/site/dpkg.hpp>

#include <erlrc/engine/hook_files.hpp>
#include <erlrc/engine/hook_performance.hpp>

// Which packages of dpkg's command line belong to the one whose script calls, and what they need of each
// other.

namespace erlrc {

struct InstalledPackage {
  PackageSays says;
  bool half = false;  ///< dpkg was interrupted, or is at work, between its old and its new files
};
using InstalledPackages = std::map<std::string, InstalledPackage>;

/// Those of `names` that dpkg has on this host.
InstalledPackages query_installed(const AdminDir& admin, const std::vector<std::string>& names);

class Companions {
public:
  /// `requests` are those of the package itself.
  Companions(const CallingPackage& package, const DpkgProcess& dpkg, const AdminDir& admin,
             const KeptFiles& kept, const IncomingFiles& incoming, HookPerformance& performance,
             const std::vector<Request>& requests);

  /// Whether other packages are to be reckoned with at all.
  static bool possible(const AdminDir& admin, const DpkgProcess& dpkg);
  bool any() const { return any_; }

  /// The package and all that have to go together with it, the archives of those still to come unpacked. An
  /// archive that is damaged will not come.
  PackageChanges extract_together();

  /// Why these must not go: somebody would not have any more what it needs, or would never have had it.
  std::optional<std::string> unmet_by(const PackageChanges& together) const;

  /// Those that nodes must not follow, because these are behind with what they need.
  std::map<std::string, std::string> to_leave(const PackageChanges& together) const;

  /// The same for the calling package alone, when it is installed and dpkg configures it.
  std::optional<std::string> must_wait() const;

private:
  /// One of dpkg's archives. `says` is absent if it was not opened, or cannot be read.
  struct Archive {
    std::filesystem::path path;
    std::optional<PackageSays> says{};
    bool damaged = false;
  };

  void open_archives();
  PackageChanges together();
  PackageChanges::iterator first_damaged(PackageChanges& changes) const;
  bool extract(const std::string& name, PackageChange& change) const;
  bool is_behind(const std::string& name) const;
  PackageChange own_change(const std::vector<Request>& requests) const;
  std::optional<PackageChange> other_change(const Archive& archive, bool after_us);
  std::optional<PackageChange> coming(PackageSays says, const std::string& archive);
  std::optional<PackageChange> passed(PackageSays says) const;

  const CallingPackage& package_;
  const DpkgProcess& dpkg_;
  const AdminDir& admin_;
  const KeptFiles& kept_;
  const IncomingFiles& incoming_;
  HookPerformance& performance_;
  InstalledPackages installed_;
  PackageChange own_;
  std::vector<Archive> archives_;  ///< in dpkg's order; empty until they are needed
  std::size_t own_archive_ = 0;    ///< the place of the package's own; behind the last if it is not there
  Packages apart_;                 ///< those to come that nodes have nothing to do with, as they will be
  bool any_ = false;
};

}  // namespace erlrc
