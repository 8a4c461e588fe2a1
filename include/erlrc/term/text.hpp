// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include <erlrc/base/error.hpp>
#include <erlrc/term/term.hpp>

// Reads and writes Erlang's text syntax for terms (Erlang reference manual, "Character Set and Source File
// Encoding" and "Data Types"), as file:consult/1 reads it and io_lib:format("~tp") writes it. Handles any
// .app, .appup, .rel or sys.config file.

namespace erlrc {

/// A term with the position of its beginning, for messages about its content.
struct ParsedTerm {
  Term term;
  Position position;
};

/// Parses all terms of a text; a full stop ends each term. The encoding is UTF-8, or Latin-1 if one of the
/// first two lines has `%% coding: latin-1`. Throws SyntaxError with `file`, line and column, what was found
/// and what was expected. It also throws for nesting deeper than 1,000, integers of more than 10,000 digits,
/// segments of binaries of more than 2^20 bits, and terms that would take much more memory than the text.
std::vector<ParsedTerm> parse_terms(std::string_view text, const std::string& file);

/// Parses one term, with or without a full stop, and nothing after it. `source` names the text in messages.
Term parse_term(std::string_view text, const std::string& source = "term");

/// The term on one line, as `~0tp` of io_lib: strings of printable characters in quotes, atoms quoted where
/// needed, binaries as text where printable. Integers of more than 4,096 bytes are printed as `16#..`. Pids,
/// ports, references and local funs are for people only: they cannot be parsed.
std::string print_term(const Term& term);

/// The term for files, broken into lines of at most `width` characters where possible, exactly as `~tp` of
/// OTP 25 does. (A letter with combining marks counts as several characters.)
std::string print_term_pretty(const Term& term, std::size_t width = 80);

/// An atom as it must be written in Erlang source, quoted if needed.
std::string print_atom(std::string_view name);

/// The name of a module as its author writes it: without the prefix that Elixir adds to the atom.
std::string module_name(std::string_view atom);

}  // namespace erlrc
