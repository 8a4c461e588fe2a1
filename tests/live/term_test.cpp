// SPDX-License-Identifier: BSD-3-Clause
// Tests terms against the erl in PATH: every file of terms of OTP, texts of every kind, our encodings, and
// printed random terms.

#include <filesystem>
#include <string>
#include <vector>

#include <erlrc/term/etf.hpp>
#include <erlrc/term/match.hpp>
#include <erlrc/term/text.hpp>

#include "escript.hpp"
#include "golden.hpp"
#include "show_term.hpp"
#include "temp_dir.hpp"

using namespace erlrc;
using namespace erlrc::test;

namespace {

// The answer of the escript to one request, perhaps with input.
Term answer(const std::string& question) {
  const TempDir directory;
  return answer_of("tests/live/term.escript", {question, directory / "out"});
}

Term answer(const std::string& question, const Term& input) {
  const TempDir directory;
  const auto in = directory.write("in", encode_term(input));
  return answer_of("tests/live/term.escript", {question, in, directory / "out"});
}

Term terms_of(const std::vector<ParsedTerm>& parsed) {
  std::vector<Term> terms;
  for (const ParsedTerm& each : parsed)
    terms.push_back(each.term);
  return list(std::move(terms));
}

// The term, or the atom `error`.
Term parsed_or_error(const std::string& text) {
  try {
    return tuple(parse_term(text));
  } catch (const SyntaxError&) {
    return Atom{"error"};
  }
}

std::int64_t release() {
  static const std::int64_t number = *as_integer(answer("release"));
  return number;
}

}  // namespace

TEST_CASE("every file of terms of OTP is read as file:consult reads it") {
  const Term answered = answer("consult");
  std::size_t files = 0;
  for (const Term& each : *as_list(answered)) {
    const auto& row = *as_tuple(each, 3);
    const std::string name = as_binary(row[0])->bytes;
    const Bytes& text = as_binary(row[1])->bytes;  // the erl in PATH may be in its own tree
    const Term& terms = row[2];
    INFO(name);
    if (is_atom(terms, "error")) {
      CHECK_THROWS_AS(parse_terms(text, name), SyntaxError);
      continue;
    }
    const auto parsed = parse_terms(text, name);
    CHECK((terms_of(parsed) == terms));
    for (const ParsedTerm& term : parsed)
      CHECK((parse_term(print_term_pretty(term.term)) == term.term));
    ++files;
  }
  CHECK(files > 20);  // erlang-base alone has 27
}

TEST_CASE("texts are read, or refused, as Erlang does") {
  const std::vector<std::string> texts{R"("\b\d\e\f\n\r\s\t\v\0\12\1234\x41\x{1F600}\^@\^[\q")",
                                       "\"a\\\nb\nc\"",
                                       R"('it\'s \x{e9}')",
                                       "'\\x{20ac}'",
                                       "$a",
                                       "$\\n",
                                       "$ ",
                                       "$\\^a",
                                       "$\\x{20AC}",
                                       "$\\s",
                                       "-$a",
                                       "- 5",
                                       "+5",
                                       "1_000",
                                       "16#fF",
                                       "36#Zz",
                                       "1.5e3",
                                       "-0.0",
                                       "1_0.2_5",
                                       "16#dead_beef",
                                       "1.0e-400",
                                       "1.0e400",
                                       "1__0",
                                       "1_",
                                       "37#1",
                                       "1#0",
                                       "\"ab\" \"c\"",
                                       "[a|b]",
                                       "[a,b|[c]]",
                                       "[a|]",
                                       "[|a]",
                                       "{a,}",
                                       "#{a=>1,a=>2}",
                                       "#{}",
                                       "#{a:=1}",
                                       "fun m:f/1",
                                       "fun 'M':f/0",
                                       "fun f/1",
                                       "<<>>",
                                       "<<1,2:4,3:4>>",
                                       "<<-1>>",
                                       "<<256>>",
                                       "<<1:16/little>>",
                                       "<<258:16/native>>",
                                       "<<1:12/little,5:4>>",
                                       "<<16#abc:12/little>>",
                                       "<<5:3,1:2>>",
                                       "<<\"h\u00e9\"/utf8>>",
                                       "<<\"h\u00e9\">>",
                                       "<<\"\u20ac\">>",
                                       "<<\"\u20ac\"/utf16>>",
                                       "<<\"\u20ac\"/utf16-little>>",
                                       "<<\"\u20ac\"/utf32>>",
                                       "<<\"\U0001f600\"/utf16>>",
                                       "<<8364/utf8>>",
                                       "<<1.5/float>>",
                                       "<<1.5:32/float>>",
                                       "<<2/float-little>>",
                                       "<<\"ab\":16>>",
                                       "<<1:2/integer-unit:8>>",
                                       "<<18446744073709551617:80>>",
                                       "<<-18446744073709551617:80>>",
                                       "<<-9223372036854775808:64>>",
                                       "<<-1:72>>",
                                       "<<1.5>>",
                                       "<<1/binary>>",
                                       "<<16#d800/utf8>>",
                                       "<<a>>",
                                       "<<1 2>>",
                                       "<<1:7/float>>",
                                       "a b",
                                       "X",
                                       "_",
                                       "end",
                                       "(a)",
                                       "{(1),((b))}",
                                       "(a",
                                       "()",
                                       "\u00e9t\u00e9",
                                       "a@b",
                                       "aB_9",
                                       "'",
                                       "\"",
                                       "''",
                                       "{",
                                       "]",
                                       "a.b",
                                       "\"\\x{}\"",
                                       "\"\\x1g\"",
                                       "\"\\x{d800}\"",
                                       "\"\\x{110000}\"",
                                       "9223372036854775808",
                                       "-9223372036854775808",
                                       "-9223372036854775809",
                                       "%c\na%b\n",
                                       "\u00a0a",
                                       "a:b",
                                       "\"a\" ++ \"b\"",
                                       "--1",
                                       "-a",
                                       "- -1"};
  std::vector<Term> asked;
  for (const std::string& text : texts)
    asked.push_back(binary(text));
  const Term answered = answer("parse", list(asked));
  for (std::size_t i = 0; i < texts.size(); ++i) {
    INFO(texts[i]);
    CHECK(parsed_or_error(texts[i]) == as_list(answered)->at(i));
  }
}

TEST_CASE("Erlang decodes our encoding to the same term") {
  std::vector<Term> asked;
  std::vector<std::string> names;
  for (const auto& file : golden_files("term", ".etf")) {
    const Bytes etf = read_file(file);
    asked.push_back(tuple(binary(etf), binary(encode_term(decode_term(etf)))));
    names.push_back(file.stem());
  }
  const Term answered = answer("same", list(asked));
  for (std::size_t i = 0; i < names.size(); ++i) {
    INFO(names[i]);
    // Ports of 64 bits and references of five words came with OTP 24.
    const bool unknown = release() < 24 && is_atom(as_list(answered)->at(i), "unknown");
    CHECK((unknown || as_list(answered)->at(i) == boolean(true)));
  }
}

TEST_CASE("random terms are printed as Erlang prints them, and read back") {
  const Term answered = answer("print");
  const bool new_floats = release() >= 25;  // before, large ones were printed in full
  // If marks combine with letters, Erlang counts visible characters, and we count code points.
  const auto is_ascii = [](std::string_view text) {
    return std::ranges::all_of(text, [](char byte) { return static_cast<unsigned char>(byte) < 0x80; });
  };
  std::size_t terms = 0;
  for (const Term& each : *as_list(answered)) {
    const auto& row = *as_tuple(each, 3);
    const Term& term = row[0];
    const std::string& text = as_binary(row[1])->bytes;
    if (new_floats && print_term(term) != text) FAIL_CHECK(print_term(term) << "\n  expected:\n" << text);
    if (parse_term(text) != term) FAIL_CHECK("read back as another term: " << text);
    for (const Term& laid_out : *as_list(row[2])) {
      const auto width = static_cast<std::size_t>(*as_integer(as_tuple(laid_out)->front()));
      const std::string& lines = as_binary(as_tuple(laid_out)->back())->bytes;
      const std::string ours = print_term_pretty(term, width);
      if (new_floats && is_ascii(text) && ours != lines)
        FAIL_CHECK("in " << width << " columns:\n" << ours << "\n  expected:\n" << lines);
      if (parse_term(ours) != term) FAIL_CHECK("broken over lines, another term: " << text);
    }
    ++terms;
  }
  CHECK(terms == 5000);
}
