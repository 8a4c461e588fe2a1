// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <erlrc/term/term.hpp>

// The application resource file, NAME.app (kernel reference manual, app(4)).

namespace erlrc {

struct StartModule {
  Atom module;
  Term args;
  bool operator==(const StartModule&) const = default;
};

/// The content of an .app file as far as decisions need it. `term` is the whole term, for the node.
struct AppSpec {
  Atom name;
  std::string vsn;
  std::vector<Atom> modules;
  std::vector<Atom> registered;
  std::vector<Atom> applications;
  std::vector<Atom> optional_applications;  ///< OTP 24 and later; always listed in `applications` too
  std::vector<Atom> included_applications;
  std::optional<StartModule> mod;  ///< absent: a library application
  std::vector<std::pair<Atom, Term>> env;
  Term term;  ///< {application, Name, Keys}
  bool operator==(const AppSpec&) const = default;
};

/// Whether the text can name an application in a file name, an argument and a line of text alike: a
/// lower-case letter, then letters, digits, _ or @, and not longer than an atom.
bool is_application_name(std::string_view name);

/// Parses the text of an .app file; errors name `source`. Throws SyntaxError for text that is not
/// a term, more than one term, another shape, a key of a wrong type (with the position of the file's term),
/// or a missing vsn.
AppSpec parse_app_spec(std::string_view text, const std::string& source);

/// The same for a parsed term, such as one that the administrator's files have changed.
AppSpec app_spec(const Term& term, const std::string& source);

}  // namespace erlrc
