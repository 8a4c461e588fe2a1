// SPDX-License-Identifier: BSD-3-Clause
#pragma once
// Compares the answer of systools_rc to a script (scripts/golden/script.escript) with our translation.

#include <erlrc/script/translate.hpp>
#include <erlrc/term/term.hpp>

#include <optional>
#include <string>
#include <vector>

namespace erlrc::test {

/// A script between two sets of applications.
struct ScriptCase {
  std::string name;
  Direction direction = Direction::up;
  std::vector<Term> script;
  std::vector<AppSpec> to;
  std::vector<AppSpec> from;
};

/// Reads {Name, Vsn, Modules}.
AppSpec app_of(const Term& term);
/// Makes {Name, Vsn, Modules}.
Term term_of(const AppSpec& app);

/// The scripts of tests/support/scripts.term, each for both directions: up, then down.
const std::vector<ScriptCase>& written_cases();

/// Our translation: the low-level instructions as terms, or the error.
struct Translation {
  std::vector<Term> script;
  std::optional<std::string> error;
};
Translation translate_terms(const ScriptCase& of, Grouping grouping = Grouping::as_otp);

/// How our answer compares to {ok, Script} or {error, Reason} of systools_rc.
enum class Likeness {
  same,       ///< equal terms, or an error about the same problem
  reordered,  ///< the same except for modules of a group that no dependency orders. systools_rc uses the
              ///< order of a hash table, which differs from node to node; we keep the order of the
              ///< script.
  spelled,    ///< the same in our spelling: {code_change,Mods} is {code_change,up,Mods}, {Mod,default} in a
              ///< suspend is Mod
  stricter,   ///< refused by us but accepted by systools_rc, because no node can execute it
  different,
};
Likeness compare(const ScriptCase& of, const Term& answer);

/// Both answers as text for a message.
std::string explain(const ScriptCase& of, const Term& answer);

}  // namespace erlrc::test
