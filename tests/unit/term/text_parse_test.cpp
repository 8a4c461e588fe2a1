// SPDX-License-Identifier: BSD-3-Clause
#include <erlrc/base/error.hpp>
#include <erlrc/term/text.hpp>

#include "decoder_check.hpp"
#include "show_term.hpp"

using namespace erlrc;
using namespace erlrc::test;

namespace {

std::string repeated(const std::string& text, int times) {
  std::string made;
  for (int i = 0; i < times; ++i)
    made += text;
  return made;
}

constexpr const char* kAppFile = R"(%% a comment
{application, demo,
 [{description, "A \"demo\" app"},
  {vsn, "1.2"}, % the version
  {modules, [demo, 'demo-sup']},
  {env, [{port, 16#1F90}, {rate, -1.5e3}, {opts, #{a => <<"x">>, "k" => [1|2]}}, {f, fun m:f/1}]}]}.
)";

}  // namespace

TEST_CASE("an .app file is parsed") {
  const auto terms = parse_terms(kAppFile, "demo.app");
  REQUIRE(terms.size() == 1);
  CHECK(terms[0].position == Position{2, 1});
  CHECK(terms[0].term ==
        tuple(Atom{"application"}, Atom{"demo"},
              list({tuple(Atom{"description"}, string("A \"demo\" app")), tuple(Atom{"vsn"}, string("1.2")),
                    tuple(Atom{"modules"}, atoms({Atom{"demo"}, Atom{"demo-sup"}})),
                    tuple(Atom{"env"}, list({tuple(Atom{"port"}, 8080), tuple(Atom{"rate"}, -1500.0),
                                             tuple(Atom{"opts"}, Map{{{Atom{"a"}, binary("x")},
                                                                      {string("k"), List{{1}, {2}}}}}),
                                             tuple(Atom{"f"}, Export{{"m"}, {"f"}, 1})}))})));
}

TEST_CASE("several terms are parsed, each with its full stop") {
  const auto terms = parse_terms("a.\n  {b}.%c\n[c] .", "f");
  REQUIRE(terms.size() == 3);
  CHECK(terms[0].term == Term(Atom{"a"}));
  CHECK(terms[1].term == tuple(Atom{"b"}));
  CHECK(terms[1].position == Position{2, 3});
  CHECK(terms[2].term == list({Atom{"c"}}));
  CHECK(parse_terms("", "f").empty());
  CHECK(parse_terms(" % nothing\n", "f").empty());
}

TEST_CASE("a single term may have a full stop or not") {
  CHECK(parse_term("{a}") == tuple(Atom{"a"}));
  CHECK(parse_term(" {a} .\n") == tuple(Atom{"a"}));
  CHECK_THROWS_WITH(parse_term("a. b."), "term:1:4: found atom b, expected end of file");
}

TEST_CASE("lists may have a tail") {
  CHECK(parse_term("[a|b]") == Term(List{{Atom{"a"}}, {Atom{"b"}}}));
  CHECK(parse_term("[a,b|[c,d]]") == parse_term("[a,b,c,d]"));
  CHECK(parse_term("[a|[b|c]]") == parse_term("[a,b|c]"));
  CHECK(parse_term("[a|\"bc\"]") == parse_term("[a,98,99]"));
  CHECK(parse_term("[a|[]]") == list({Atom{"a"}}));
}

TEST_CASE("a no-break space separates, and ends a full stop") {
  CHECK(parse_terms("{\u00a0a,b}.\u00a0c.", "f").size() == 2);
}

TEST_CASE("parentheses change nothing") {
  CHECK(parse_term("{(a),((1))}") == tuple(Atom{"a"}, 1));
}

TEST_CASE("the last value of a duplicate key counts") {
  CHECK(parse_term("#{a => 1, b => 2, a => 3}") == Term(Map{{{Atom{"a"}, 3}, {Atom{"b"}, 2}}}));
  CHECK(parse_term("#{}") == Term(Map{}));
}

TEST_CASE("errors have the position, what was found and what was expected") {
  const auto [text, message] = GENERATE(table<std::string, std::string>({
      {"[a,\n\n   b}.", "f.app:3:5: found '}', expected ',' or ']'"},
      {"{a b}.", "f.app:1:4: found atom b, expected ',' or '}'"},
      {"{a,}.", "f.app:1:4: found '}', expected a term"},
      {"{\u00e9\u00e9, X}.", "f.app:1:6: found variable X, expected a term"},
      {"{a, end}.", "f.app:1:5: found reserved word end, expected a term"},
      {"{a}", "f.app:1:4: found end of file, expected a full stop"},
      {"{a}.\n{b", "f.app:2:3: found end of file, expected ',' or '}'"},
      {"{a}. {b} {c}.", "f.app:1:10: found '{', expected a full stop"},
      {"a.b", "f.app:1:2: found '.', expected a full stop"},
      {"[a. ", "f.app:1:3: found a full stop, expected ',' or ']'"},
      {"[a|b,c].", "f.app:1:5: found ',', expected ']'"},
      {"#{a = 1}.", "f.app:1:5: found '=', expected '=>'"},
      {"#{a => 1", "f.app:1:9: found end of file, expected ',' or '}'"},
      {"#[a].", "f.app:1:2: found '[', expected '{'"},
      {"- a.", "f.app:1:3: found atom a, expected a number"},
      {"fun f/1.", "f.app:1:6: found '/', expected ':'"},
      {"fun m:f/256.", "f.app:1:9: found number 256, expected an arity of 0 to 255"},
      {"fun(X) -> X end.", "f.app:1:4: found '(', expected an atom"},
      {"{a, \"b\"\n 'c'}.", "f.app:2:2: found atom c, expected ',' or '}'"},
      {"(a.", "f.app:1:3: found a full stop, expected ')'"},
      {").", "f.app:1:1: found ')', expected a term"},
  }));
  INFO(text);
  CHECK_THROWS_AS(parse_terms(text, "f.app"), SyntaxError);
  CHECK_THROWS_WITH(parse_terms(text, "f.app"), message);
}

TEST_CASE("text that is declared as Latin-1 is read as such") {
  const auto read = [](const std::string& text) { return parse_terms(text, "f").at(0).term; };
  CHECK(read("%% coding: latin-1\n\"\xe9\".") == string("\u00e9"));
  CHECK(read("%% -*- coding: Latin-1 -*-\n'\xe9'.") == Term(Atom{"\u00e9"}));
  CHECK(read("\n% coding = latin-1\n\"\xe9\".") == string("\u00e9"));
}

TEST_CASE("text is UTF-8 otherwise") {
  const auto [text, message] = GENERATE(table<std::string, std::string>({
      {"{a,\n \"\u00e9\xe9\"}.", "f:2:4: found byte 233, expected UTF-8 or a comment `coding: latin-1`"},
      {"\n\n%% coding: latin-1\n\"\xe9\".",
       "f:4:2: found byte 233, expected UTF-8 or a comment `coding: latin-1`"},
      {"a. % coding: latin-1\n\"\xe9\".",
       "f:2:2: found byte 233, expected UTF-8 or a comment `coding: latin-1`"},
      {"%% coding: utf-8\n\"\xe9\".", "f:2:2: found byte 233, expected UTF-8 or a comment `coding: latin-1`"},
  }));
  CHECK_THROWS_WITH(parse_terms(text, "f"), message);
}

TEST_CASE("nesting is parsed down to 1,000 levels and refused below") {
  const auto [open, shut] = GENERATE(table<std::string, std::string>({{"{", "}"},
                                                                      {"[", "]"},
                                                                      {"[a|", "]"},
                                                                      {"#{a=>", "}"},
                                                                      {"#{", "=>a}"},
                                                                      {"{[#{a=>", "}]}"},
                                                                      {"(", ")"}}));
  const int levels = open.size() > 6 ? 333 : 1000;
  CHECK_NOTHROW(parse_term(repeated(open, levels) + "x" + repeated(shut, levels)));
  CHECK_THROWS_AS(parse_term(repeated(open, levels + 2) + "x" + repeated(shut, levels + 2)), SyntaxError);
  CHECK_THROWS_AS(parse_term(repeated(open, 1'000'000)), SyntaxError);
}

TEST_CASE("the parser survives every change of a file") {
  check_decoder(kAppFile, [](BytesView text) { return parse_terms(text, "demo.app"); },
                {Expect::kAny, Expect::kAny});
}

TEST_CASE("a text of terms takes memory in proportion to its size") {
  const std::string error = GENERATE_COPY(
      // A binary of 128 kB for each character.
      "<<\"" + std::string(1000, 'a') + "\":1048576>>.", "\"" + std::string(300'000, 'a') + "\".",
      "[" + repeated("[],", 300'000) + "[]].",
      repeated("#{", 900) + "\"" + std::string(100'000, 'k') + "\"" + repeated("=>1}", 900) + ".");
  CHECK_THROWS_WITH(parse_terms(error, "bomb.app"),
                    Catch::Contains("takes more memory than any file of its size should"));
  // What a long list of modules, and a long description, take is fine.
  CHECK(parse_terms("[" + repeated("some_module_of_mine,", 20'000) + "x].", "x").size() == 1);
  CHECK(parse_terms("\"" + std::string(100'000, 'a') + "\".", "x").size() == 1);
}
