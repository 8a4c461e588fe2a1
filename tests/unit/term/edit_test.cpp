// SPDX-License-Identifier: BSD-3-Clause
#include <erlrc/term/edit.hpp>

#include <string>

#include <erlrc/base/error.hpp>
#include <erlrc/term/text.hpp>

#include "catch.hpp"
#include "decoder_check.hpp"

using namespace erlrc;

namespace {

const std::string kText = R"(%% Kept as it is.
{"1.0", []}.
{"2.0",
 [{"1.0", [a]},   % the first
  {<<"1\\.[5-9]">>, "]},[",  #{k => [1]}, <<1,2>>}  % the last
 ],
 []}.   % end
)";

std::string appended(const std::string& text, ListPlace place, const std::string& element = "{new, [x]}") {
  return append_element(text, "x.appup", place, parse_term(element));
}

std::string error_of(const std::string& text, ListPlace place, const std::string& element = "new") {
  try {
    return appended(text, place, element);
  } catch (const SyntaxError& error) {
    return error.what();
  }
}

}  // namespace

TEST_CASE("an element is added after the last one, in its column, and nothing else changes") {
  CHECK(appended(kText, {1, 1}) == R"(%% Kept as it is.
{"1.0", []}.
{"2.0",
 [{"1.0", [a]},   % the first
  {<<"1\\.[5-9]">>, "]},[",  #{k => [1]}, <<1,2>>},
  {new,[x]}  % the last
 ],
 []}.   % end
)");
}

TEST_CASE("the first element of an empty list is placed after its bracket") {
  CHECK(appended(kText, {1, 2}).ends_with("\n ],\n [{new,[x]}]}.   % end\n"));
  CHECK(appended("{v, [ % none\n ]}.", {0, 1}) == "{v, [{new,[x]} % none\n ]}.");
  CHECK(appended(kText, {0, 1}).find("{\"1.0\", [{new,[x]}]}.\n{\"2.0\",") != std::string::npos);
}

TEST_CASE("an element of several lines is indented") {
  const std::string long_list =
      "[" + std::string(30, 'a') + "," + std::string(30, 'b') + "," + std::string(30, 'c') + "]";
  CHECK(appended("{v,\n   [x]}.", {0, 1}, long_list) == "{v,\n   [x,\n    [" + std::string(30, 'a') + "," +
                                                            std::string(30, 'b') + ",\n     " +
                                                            std::string(30, 'c') + "]]}.");
}

TEST_CASE("columns are counted in characters, offsets in bytes") {
  CHECK(appended("{\"\xc3\xbc\", [\"\xe2\x82\xac\"]}.", {0, 1}, "x") ==
        "{\"\xc3\xbc\", [\"\xe2\x82\xac\",\n       x]}.");
}

TEST_CASE("a missing list, or one that is written in another way, is reported with the position") {
  CHECK(error_of("{v, \"\"}.", {0, 1}) == "x.appup:1:5: found a string, expected '['");
  CHECK(error_of("{v,\n ([])}.", {0, 1}) == "x.appup:2:2: found '(', expected '['");
  CHECK(error_of("{v, [a | []]}.", {0, 1}) == "x.appup:1:8: found '|', expected ']'");
  CHECK(error_of("{v}.", {0, 1}) == "x.appup:1:3: found '}', expected ','");
  CHECK(error_of("[v, []].", {0, 1}) == "x.appup:1:1: found '[', expected '{'");
  CHECK(error_of("{v, []}.", {1, 1}) == "x.appup:1:9: found end of file, expected '{'");
  CHECK(error_of("{v, []}.", {2, 1}) == "x.appup:1:9: found end of file, expected a term");
  CHECK(error_of("{v, []", {0, 1}) == "x.appup:1:7: found end of file, expected ',' or '}'");
}

TEST_CASE("a text in Latin-1 can be extended as long as its bytes are the same in UTF-8") {
  const std::string latin1 = "%% coding: latin-1\n{v, []}.";
  CHECK(appended(latin1, {0, 1}, "x") == "%% coding: latin-1\n{v, [x]}.");
  CHECK(error_of(latin1, {0, 1}, "\"\u00fc\"") == "x.appup:1:1: found Latin-1 characters, expected UTF-8");
  CHECK(error_of(latin1 + " % \xfc", {0, 1}) == "x.appup:1:1: found Latin-1 characters, expected UTF-8");
}

TEST_CASE("an extended text always consists of terms") {
  test::check_decoder(kText,
                      [](BytesView text) {
                        const std::string edited = append_element(text, "x.appup", {1, 1}, Atom{"new"});
                        return parse_terms(edited, "edited").size();
                      },
                      {test::Expect::kAny, test::Expect::kAny});
}
