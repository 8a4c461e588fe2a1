// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <filesystem>
#include <map>
#include <string>

#include <erlrc/transaction/control_member.hpp>

namespace erlrc {

/// Backups of the files of old versions: /var/lib/erlrc/backups/PACKAGE/, with a control member `erlrc` and a
/// directory for each application.
class Backups {
public:
  Backups();

  /// The applications in the backup of that package. Throws what parse_control_member throws.
  PackagedApps load(const std::string& package) const;

  /// All backups, by package; those of other packages than `package` that cannot be read count as empty.
  std::map<std::string, PackagedApps> load_all(const std::string& package) const;

  /// Backs up the files of these applications, where they are those of their versions. A backup of the same
  /// version stays.
  void back_up(const std::string& package, const PackagedApps& apps) const;

  /// From now on, nodes have the applications from the backup.
  void use(const std::string& package) const;

  void drop(const std::string& package) const;

private:
  /// The directory of an application. Throws Error if one of the names could lead to another place.
  std::filesystem::path place_of(const std::string& package, const Atom& app) const;
  void write_control(const std::string& package, const PackagedApps& apps) const;

  std::filesystem::path directory_;
};

}  // namespace erlrc
