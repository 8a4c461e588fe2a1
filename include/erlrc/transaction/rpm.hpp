// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include <erlrc/transaction/moment.hpp>
#include <erlrc/transaction/relations.hpp>

// What our plugins of rpm and dnf report, and what rpm prints about packages. Why nodes are upgraded before
// rpm unpacks anything: src/transaction/whole_run.hpp.

namespace erlrc {

/// The moment of a call of `erlrc-hook rpm NAME`; nullopt if there is no such call. Our plugins call `begin`
/// and `end`, the administrator `recover`, and scriptlets of packages `pre`, `preun` and `posttrans`.
std::optional<Moment> rpm_moment(std::string_view name);

/// Whether `name` can be the name of a package: letters, digits, `+`, `-`, `.` and `_`, after a letter, a
/// digit or `_`. Such a name is safe as the name of a file. dpkg's names are among these.
bool is_rpm_name(std::string_view name);

/// Whether the call of that name comes from a scriptlet.
bool is_rpm_scriptlet(std::string_view name);

/// A scriptlet of a package that calls us.
struct RpmScriptlet {
  std::string package;
  std::string version;  ///< the one that the scriptlet is of: epoch, version and release
  int count = 0;        ///< rpm's argument: how many versions will be installed after the run
  bool operator==(const RpmScriptlet&) const = default;
};

/// Reads `NAME EVR COUNT`. Throws UsageError for anything else.
RpmScriptlet parse_rpm_scriptlet(const std::vector<std::string>& args);

/// What rpm is about to do.
struct RpmElements {
  using Versions = std::set<std::string>;
  std::vector<std::string> archives;        ///< in the order in which they are unpacked
  std::map<std::string, Versions> removed;  ///< by name; among them those that an archive replaces
  bool operator==(const RpmElements&) const = default;
};

/// Reads lines `install ARCHIVE` and `erase NAME EVR`; rpm's EVR is epoch, version and release. Throws
/// SyntaxError for a line of another shape.
RpmElements parse_rpm_elements(std::string_view text);

/// What rpm knows of one package, installed or in an archive.
struct RpmPackage {
  PackageRelations relations;
  std::string arch{};
  unsigned instance = 0;                ///< its number in rpm's database: a larger one was installed later
  std::set<std::string> directories{};  ///< those that have files of the package, with a slash at the end
  bool operator==(const RpmPackage&) const = default;
};

/// The --queryformat by which rpm prints what parse_rpm_query reads.
extern const std::string rpm_query_format;

/// Reads what rpm prints for packages. Skips other lines: rpm also prints the names that it does not know.
std::vector<RpmPackage> parse_rpm_query(std::string_view text);

}  // namespace erlrc
