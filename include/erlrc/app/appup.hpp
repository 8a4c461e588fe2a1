// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include <erlrc/term/term.hpp>

// The application upgrade file, NAME.appup (sasl reference manual, appup(4)).

namespace erlrc {

enum class Direction { up, down };

/// A version as an appup names it: a string that must be equal, or a regular expression (a binary in the
/// file). What that finds first in a version must be the whole version, as systools_relup has it:
/// <<"1|1\\.2">> does not mean 1.2.
struct VsnPattern {
  std::string text;
  bool is_regex = false;
  bool operator==(const VsnPattern&) const = default;
};

/// Whether `vsn` is one that `pattern` means. A regular expression that PCRE cannot compile throws Error
/// naming it.
bool matches(const VsnPattern& pattern, const std::string& vsn);

/// The instructions for one version to come from (up) or to go back to (down), as they stand in the file.
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

/// The first entry of `appup` in that direction whose pattern means `other`; null if there is none. An empty
/// appup
/// ({Vsn,[],[]}) has none.
const AppupEntry* find_entry(const Appup& appup, Direction direction, const std::string& other);

/// Reads the text of an .appup file that belongs to version `vsn` of its application. A file of several terms
/// (ranch ships one for each series) is understood: those whose Vsn is `vsn` count, in order, as one. Throws
/// SyntaxError for another shape, and for a file in which no term is for `vsn`.
Appup parse_appup(std::string_view text, const std::string& file, const std::string& vsn);

/// A string or a binary, as the file holds it.
Term to_term(const VsnPattern& pattern);

/// {Vsn, Instructions}, as the file holds it.
Term to_term(const AppupEntry& entry);

/// {Vsn, UpFrom, DownTo}, as the file holds it.
Term to_term(const Appup& appup);

}  // namespace erlrc
