// SPDX-License-Identifier: BSD-3-Clause
#include <erlrc/base/text.hpp>

#include <map>

#include "catch.hpp"

using namespace erlrc;

using Views = std::vector<std::string_view>;

TEST_CASE("white space at the ends of a text is trimmed") {
  CHECK(trim("") == "");
  CHECK(trim(" \t\r\n\f\v") == "");
  CHECK(trim("one") == "one");
  CHECK(trim(" \tone two\r\n") == "one two");
}

TEST_CASE("a text is split at each separator") {
  CHECK(split("", ',') == Views{""});
  CHECK(split("a", ',') == Views{"a"});
  CHECK(split("a,,b,", ',') == Views{"a", "", "b", ""});
}

TEST_CASE("a line end at the end of a text begins no further line") {
  CHECK(lines("") == Views{});
  CHECK(lines("\n") == Views{""});
  CHECK(lines("a") == Views{"a"});
  CHECK(lines("a\n\nb\n") == Views{"a", "", "b"});
}

TEST_CASE("words are separated by any amount of white space") {
  CHECK(words("") == Views{});
  CHECK(words(" \n") == Views{});
  CHECK(words(" one\ttwo \n three") == Views{"one", "two", "three"});
}

TEST_CASE("parts are joined with the separator between them") {
  CHECK(join(std::vector<std::string>{}, ", ") == "");
  CHECK(join(std::vector<std::string>{"a"}, ", ") == "a");
  CHECK(join(std::vector<std::string>{"a", "", "b"}, ", ") == "a, , b");
  CHECK(join(std::map<std::string, int>{{"a", 1}, {"b", 2}}, "; ",
             [](const auto& row) { return row.first; }) == "a; b");
}

TEST_CASE("a number is all of its text and fits its type") {
  CHECK(parse_number<int>("-12") == -12);
  CHECK(parse_number<std::uint16_t>("65535") == 65535);
  CHECK(parse_number<double>("1.5") == 1.5);
  const auto* text = GENERATE("", " 1", "1 ", "+1", "1x", "0x1", "65536", "-1");
  CAPTURE(text);
  CHECK_FALSE(parse_number<std::uint16_t>(text));
}

TEST_CASE("a port is a number from 1 to 65535") {
  CHECK(parse_port("1") == 1);
  CHECK(parse_port("65535") == 65535);
  CHECK_FALSE(parse_port("0"));
  CHECK_FALSE(parse_port("65536"));
  CHECK_FALSE(parse_port(""));
}

TEST_CASE("only ASCII letters become lower case") {
  CHECK(lower_case("AzZ09_\xc3\x84") == "azz09_\xc3\x84");
}

TEST_CASE("only characters below the space, and delete, are control characters of ASCII") {
  CHECK(has_control("a\n"));
  CHECK(has_control("\x7f"));
  CHECK_FALSE(has_control("a\xc3\xa4 ~"));
}

TEST_CASE("printable text is quoted, on one line, in ASCII and not long") {
  CHECK(printable("a b") == "'a b'");
  CHECK(printable("a\n\xff") == "'a\\x0a\\xff'");
  CHECK(printable(std::string(61, 'a')) == "'" + std::string(60, 'a') + "..'");
}

TEST_CASE("what is counted is singular only after 1") {
  CHECK(counted(0, "state") == "0 states");
  CHECK(counted(1, "state") == "1 state");
  CHECK(counted(2, "state") == "2 states");
}
