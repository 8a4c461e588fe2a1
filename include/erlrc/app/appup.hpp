// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include <erlrc/term/term.hpp>

// The application upgrade file, NAME.appup (sasl reference manual, appup(4)).

namespace erlrc {

enum class Direction { up, down };

/// The pattern of a version in an appup: a string that must be equal, or a regular expression (a binary in
/// the file). The first match of the expression must be the whole version, as in systools_relup:
/// <<"1|1\\.2">> does not match 1.2.
struct VsnPattern {
  std::string text;
  bool is_regex = false;
  bool operator==(const VsnPattern&) const = default;
};

/// Whether `vsn` matches `pattern`. Throws Error naming the regular expression if PCRE cannot compile it.
bool matches(const VsnPattern& pattern, const std::string& vsn);

/// The instructions for an upgrade from one version or a downgrade to it, as written in the file.
struct AppupEntry {
  VsnPattern vsn;
  std::vector<Term> instructions;
  bool operator==(const AppupEntry&) const = default;
};

struct Appup {
  std::string vsn;               ///< the version the file belongs to
  std::vector<AppupEntry> up;    ///< from other versions to `vsn`
  std::vector<AppupEntry> down;  ///< from `vsn` to other versions
  bool operator==(const Appup&) const = default;
};

/// The first entry of `appup` in that direction whose pattern matches `other`, or null. An empty appup
/// ({Vsn,[],[]}) has no entries.
const AppupEntry* find_entry(const Appup& appup, Direction direction, const std::string& other);

/// Parses the text of an .appup file that belongs to version `vsn` of its application. Supports files of
/// several terms (ranch ships one for each series): all terms whose Vsn is `vsn` count, in order, as one.
/// Throws SyntaxError for another shape, and for a file without a term for `vsn`.
Appup parse_appup(std::string_view text, const std::string& file, const std::string& vsn);

/// A string or a binary, as in the file.
Term to_term(const VsnPattern& pattern);

/// {Vsn, Instructions}, as in the file.
Term to_term(const AppupEntry& entry);

/// {Vsn, UpFrom, DownTo}, as in the file.
Term to_term(const Appup& appup);

}  // namespace erlrc
