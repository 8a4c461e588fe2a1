// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <compare>
#include <map>
#include <string>
#include <string_view>
#include <vector>

// What packages declare of each other: stanzas of control files, their relation fields, and the order of
// package versions (Debian policy manual, chapters 5.6.12 and 7).

namespace erlrc {

/// Whether `name` can be a package's (5.6.1): lower case letters, digits, `+`, `-` and `.`, after a letter or
/// a digit. Such a name is safe as the name of a file and as an argument of a program.
bool is_package_name(std::string_view name);

/// The fields of one stanza, by name. Lines of a field are joined by spaces.
using Stanza = std::map<std::string, std::string>;

/// Reads stanzas separated by empty lines. Lines that are not a field are skipped: dpkg has read
/// them before us.
std::vector<Stanza> parse_stanzas(std::string_view text);

/// One package that a relation field names, with the versions that it means.
struct Relation {
  std::string name;
  std::string op{};  ///< << <= = >= >>, or empty: any version
  std::string version{};
  bool any_release = false;  ///< the version is the upstream one: rpm's relations may leave the release out
  bool operator==(const Relation&) const = default;
};

/// `a (>= 1) | b`: one of them is enough.
using Alternatives = std::vector<Relation>;

/// Reads the content of Depends, Breaks or Provides. Architectures after a colon are left out.
std::vector<Alternatives> parse_relations(std::string_view text);

/// As in a control file: `liba (>= 1.1)`.
std::string to_string(const Relation& relation);

/// The order of package versions: epoch, upstream version, revision.
std::weak_ordering compare_package_versions(std::string_view a, std::string_view b);

/// Whether `relation` means this version.
bool means(const Relation& relation, std::string_view version);

/// What a package declares of others, as far as it matters when code runs.
struct PackageRelations {
  std::string name;
  std::string version;
  std::vector<Alternatives> needs{};  ///< Depends and Pre-Depends
  Alternatives breaks{};              ///< Breaks and Conflicts
  Alternatives provides{};
  bool operator==(const PackageRelations&) const = default;
};

PackageRelations relations_of(const Stanza& stanza);

}  // namespace erlrc
