// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include <erlrc/base/error.hpp>
#include <erlrc/term/term.hpp>

// Erlang's text syntax for terms, both ways (Erlang reference manual, "Character Set and Source File
// Encoding" and "Data Types"): what file:consult/1 reads and io_lib:format("~tp") writes. Good for any .app,
// .appup, .rel or sys.config file.

namespace erlrc {

/// A term and where it began, for messages about its content.
struct ParsedTerm {
  Term term;
  Position position;
};

/// All terms of a text in which a full stop ends each one. `%% coding: latin-1` in the first two lines is
/// heeded; the default is UTF-8. Throws SyntaxError with `file`, line and column, what was found and what was
/// expected; also for nesting deeper than 1,000, integers of more than 100,000 digits and segments of
/// binaries of more than 2^20 bits.
std::vector<ParsedTerm> parse_terms(std::string_view text, const std::string& file);

/// One term, with or without a full stop, and nothing after it. `source` names the text in messages.
Term parse_term(std::string_view text, const std::string& source = "term");

/// The term on one line, as `~0tp` of io_lib: strings of printable characters in quotes, atoms quoted where
/// needed, binaries as text where printable. Integers of more than 4,096 bytes are printed as `16#..`. Pids,
/// ports, references and local funs are for people only: they cannot be parsed.
std::string print_term(const Term& term);

/// The same broken over lines no wider than `width` characters where that can be done, just as `~tp` of OTP
/// 25 does: for files. (A letter with combining marks counts as several characters.)
std::string print_term_pretty(const Term& term, std::size_t width = 80);

/// An atom as it must be written in Erlang source, quoted if needed.
std::string print_atom(std::string_view name);

/// The name of a module as its author writes it: Elixir's without the prefix that it has as an atom.
std::string module_name(std::string_view atom);

}  // namespace erlrc
