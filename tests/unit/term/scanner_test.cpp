// SPDX-License-Identifier: BSD-3-Clause
#include "scanner.hpp"

#include <limits>

#include "show_term.hpp"

using namespace erlrc;

namespace {

Term one(const std::string& text) {
  return parse_term(text, "t");
}

}  // namespace

TEST_CASE("tokens have the position of their beginning, counted in characters") {
  const std::string file = "f";
  Scanner scanner("a\n  'b c' % \u00e9 comment\n\t\"\u00e9\u20ac\" $\\n .\n", file);
  const auto next = [&] {
    const Token token = scanner.next();
    return describe(token) + " at " + std::to_string(token.position.line) + ":" +
           std::to_string(token.position.column);
  };
  CHECK(next() == "atom a at 1:1");
  CHECK(next() == "atom 'b c' at 2:3");
  CHECK(next() == "a string at 3:2");
  CHECK(next() == "number 10 at 3:7");
  CHECK(next() == "a full stop at 3:11");
  CHECK(next() == "end of file at 4:1");
  CHECK(next() == "end of file at 4:1");
}

TEST_CASE("numbers") {
  const auto [text, value] = GENERATE(table<std::string, Term>({
      {"0", 0},
      {"007", 7},
      {"1_000_000", 1'000'000},
      {"16#fF", 255},
      {"2#1010", 10},
      {"36#Zz", 1295},
      {"16#dead_beef", std::int64_t{0xdeadbeef}},
      {"9223372036854775807", std::numeric_limits<std::int64_t>::max()},
      {"-9223372036854775808", std::numeric_limits<std::int64_t>::min()},
      {"9223372036854775808", BigInteger{false, Bytes("\0\0\0\0\0\0\0\x80", 8)}},
      {"-9223372036854775809", BigInteger{true, Bytes("\1\0\0\0\0\0\0\x80", 8)}},
      {"- 5", -5},
      {"+5", 5},
      {"-$a", -97},
      {"1.5", 1.5},
      {"-0.25e2", -25.0},
      {"1.0E+3", 1000.0},
      {"1_0.2_5", 10.25},
      {"1.0e-400", 0.0},
      {"0." + std::string(400, '0') + "1", 0.0},
      {"0." + std::string(400, '0') + "1e401", 1.0},
      {"1" + std::string(400, '0') + ".0e-400", 1.0},
      {"1.0e-99999999999", 0.0},
      {"$a", 97},
      {"$ ", 32},
      {"$\u20ac", 0x20ac},
      {"$\\n", 10},
      {"$\\\\", 92},
      {"$\\x{20AC}", 0x20ac},
      {"$\\^a", 1},
      {"$\\s", 32},
      {"$'", 39},
      {"$\"", 34},
  }));
  INFO(text);
  CHECK(one(text) == value);
}

TEST_CASE("escapes in strings and atoms are replaced") {
  CHECK(one(R"("\b\d\e\f\n\r\s\t\v")") == list({8, 127, 27, 12, 10, 13, 32, 9, 11}));
  CHECK(one(R"("\0\12\1234\x41\x{1F600}\^@\^[\^?")") == list({0, 10, 83, 52, 65, 0x1f600, 0, 27, 127}));
  CHECK(one(R"("\q\'\"\\")") == list({'q', '\'', '"', '\\'}));
  CHECK(one("\"a\\\nb\nc\"") == list({'a', '\n', 'b', '\n', 'c'}));
  CHECK(one(R"('it\'s \x{e9}')") == Term(Atom{"it's \u00e9"}));
  CHECK(one("''") == Term(Atom{""}));
}

TEST_CASE("atoms may be written without quotes") {
  CHECK(one("aB_9@x") == Term(Atom{"aB_9@x"}));
  CHECK(one("\u00e9t\u00e9") == Term(Atom{"\u00e9t\u00e9"}));
  CHECK(one("'end'") == Term(Atom{"end"}));
  CHECK(one("maybe") == Term(Atom{"maybe"}));
  CHECK(one("else") == Term(Atom{"else"}));
}

TEST_CASE("adjacent strings are one") {
  CHECK(one("\"ab\" \"c\"\n\"d\"") == string("abcd"));
  CHECK(one("\"\"\"a\"\"\"") == string("a"));
}

TEST_CASE("triple-quoted strings lose the indentation of their closing quotes") {
  CHECK(one("\"\"\"\n  one\n    \"two\" \\n\n\n  three\n  \"\"\"") == string("one\n  \"two\" \\n\n\nthree"));
  CHECK(one("\"\"\"\n\"\"\"") == list());
  CHECK(one("\"\"\"\"\n\"\"\"\n\"\"\"\"") == string("\"\"\""));
  CHECK(one("\"\"\"\r\na\r\n\"\"\"") == string("a"));
  CHECK_THROWS_WITH(one("\"\"\"\n  a\n b\n  \"\"\""),
                    "t:3:1: found less indentation than before the quotes that end the string");
  CHECK_THROWS_WITH(one("\"\"\"\na"),
                    "t:2:2: found end of file, expected the quotes that end the string of 1:1");
}

TEST_CASE("sigils") {
  CHECK(one("~\"\u00e9\\n\"") == binary("\u00e9\n"));
  CHECK(one("~b(a\\)b)") == binary("a)b"));
  CHECK(one("~B[a\\n]") == binary("a\\n"));
  CHECK(one("~s{x}") == string("x"));
  CHECK(one("~S|a\\b|") == string("a\\b"));
  CHECK(one("~\"\"\"\n a\n \"\"\"") == binary("a"));
  CHECK_THROWS_WITH(one("~r/x/"), "t:1:1: found sigil ~r, expected ~, ~b, ~B, ~s or ~S");
  CHECK_THROWS_WITH(one("~b x"), "t:1:3: expected a delimiter after ~b");
}

TEST_CASE("invalid tokens are refused with the reason") {
  const auto [text, message] = GENERATE(table<std::string, std::string>({
      {"\"abc\n", "t:2:1: found end of file, expected '\"' to end the string of 1:1"},
      {"{a, 'b", "t:1:7: found end of file, expected ''' to end the atom of 1:5"},
      {"37#1", "t:1:1: found base 37, expected 2 to 36"},
      {"16#xy", "t:1:4: expected a digit of base 16"},
      {"\"\\x{}\"", "t:1:5: expected a hexadecimal digit"},
      {"\"\\x1g\"", "t:1:5: expected a hexadecimal digit"},
      {"\"\\x{110000}\"", "t:1:3: found a number that is not a character"},
      {"\"\\x{d800}\"", "t:1:3: found a number that is not a character"},
      {"\"\\x{41\"", "t:1:7: expected '}' after the digits of a character"},
      {"\"\\^1\"", "t:1:3: expected a control character after '\\^'"},
      {"$", "t:1:2: found end of file, expected a character after '$'"},
      {"1.0e400", "t:1:1: found 1.0e400, expected a float of 64 bits"},
      {"1.0e99999999999", "t:1:1: found 1.0e99999999999, expected a float of 64 bits"},
      {"1" + std::string(400, '0') + ".0e-1",
       "t:1:1: found 1" + std::string(400, '0') + ".0e-1, expected a float of 64 bits"},
      {"'" + std::string(256, 'x') + "'", "t:1:1: found an atom of 256 characters, expected at most 255"},
      {std::string(256, 'x'), "t:1:1: found an atom of 256 characters, expected at most 255"},
      {std::string(10'001, '1'), "t:1:1: found 10001 digits, expected at most 10000"},
  }));
  INFO(text.substr(0, 40));
  CHECK_THROWS_WITH(one(text), message);
}
